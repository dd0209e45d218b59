// `tasklets/fastify`: a plugin for Fastify 5, and handlers that run on its pool.

import type { FastifyInstance, FastifyReply, FastifyRequest, RouteGenericInterface } from 'fastify';
import type base = require('./index');
import type * as shared from './lib/servers/types';

declare module 'fastify' {
  interface FastifyInstance {
    /** The pool of this scope: there once `tasklets/fastify` is registered. */
    tasklets: plugin.FastifyTasklets;
  }
}

/**
 * Gives the server a pool, as `fastify.tasklets`: in the scope that registers it and in all scopes inside, which may
 * register it again for a pool of their own.
 *
 * @example
 * await fastify.register(tasklets, { workers: 4 });
 * fastify.get('/fib/:n', offload(({ params }) => fib(Number(params.n))));
 */
declare function plugin(
  instance: FastifyInstance<any, any, any, any, any>,
  options: plugin.PluginOptions,
): Promise<void>;

declare namespace plugin {
  /** The plugin, by the names that one imports. */
  export { plugin as tasklets, plugin as default };

  export type HealthRouteOptions = shared.HealthRouteOptions;
  export type MetricsRouteOptions = shared.MetricsRouteOptions;
  export type OffloadedResponse = shared.OffloadedResponse;
  export type PoolLike = shared.PoolLike;

  /**
   * A pool, which stays its maker's; or the config of one that the plugin makes, and shuts down with the server, after
   * the requests that are under way.
   */
  export type PluginOptions = ({ pool?: undefined } & base.ConfigOptions) | { pool: PoolLike };

  /** What of a pool is there on the server. */
  export interface FastifyTasklets extends Pick<
    base.Verbs,
    | 'run'
    | 'runAll'
    | 'map'
    | 'stream'
    | 'graph'
    | 'batch'
    | 'retry'
    | 'wrap'
    | 'module'
    | 'explain'
    | 'cancel'
    | 'getHealth'
    | 'getStats'
    | 'getActiveTaskCount'
  > {
    /** The pool itself: the one given, or the one made. */
    readonly pool: base.Pool;
    /** {@link plugin.offload}, on this pool. */
    readonly offload: typeof plugin.offload;
    /** {@link plugin.healthRoute}, of this pool. */
    readonly healthRoute: typeof plugin.healthRoute;
    /** {@link plugin.metricsRoute}, of this pool. */
    readonly metricsRoute: typeof plugin.metricsRoute;
  }

  /** The plain copy of a request that a handler gets, typed by the generics of its route. */
  export type OffloadedRequest<Route extends RouteGenericInterface = RouteGenericInterface> =
    shared.OffloadedRequest<
      Given<Route['Params'], Record<string, string>>,
      Given<Route['Querystring'], Record<string, any>>,
      Given<Route['Body'], any>
    >;

  type Given<Part, Otherwise> = unknown extends Part ? Otherwise : Part;

  /** What runs on the pool. */
  export type OffloadedHandler<
    Route extends RouteGenericInterface = RouteGenericInterface,
    Extra extends object = {},
  > = shared.OffloadedHandler<OffloadedRequest<Route> & Extra>;

  /** The options of `offload`: those of a task, and where and with what it runs. */
  export type OffloadOptions<Extra extends object = {}> = shared.OffloadTaskOptions<
    FastifyRequest<any>,
    Extra
  >;

  /** A handler for any route, whatever its generics, type provider and server. */
  export type AnyRouteHandler = (request: any, reply: any) => Promise<any>;

  /**
   * Makes a handler that runs on a pool: the event loop stays free for all others.
   *
   * What it uses is read here, once, as `wrap` does. A task without a name is called by its route, such as
   * `GET /fib/:n`. A client that goes away cancels its task. What the handler throws goes to Fastify's error handling,
   * as it was thrown; so do the pool's own errors, with `statusCode`: 503 with `Retry-After` for a full queue, 504 for
   * a timeout, 503 for a pool that is shut down.
   *
   * @throws InvalidTaskError, CaptureError, ConfigError
   * @example fastify.get('/fib/:n', offload(({ params }) => fib(Number(params.n)), { timeout: 5_000 }));
   */
  export function offload<
    Route extends RouteGenericInterface = RouteGenericInterface,
    Extra extends object = {},
  >(handler: OffloadedHandler<Route, Extra>, options?: OffloadOptions<Extra>): AnyRouteHandler;

  /** A route that only reads. */
  export type PlainRoute = (request: FastifyRequest<any, any>, reply: FastifyReply<any, any>) => unknown;

  /**
   * Answers with `getHealth()` as JSON: 200, or 503 if the status is `'unhealthy'`, which it also is once the pool is
   * shut down. Recent errors are in it, with their messages: it is not for everyone's eyes.
   *
   * @example fastify.get('/health', healthRoute());
   */
  export function healthRoute(options?: HealthRouteOptions): PlainRoute;

  /**
   * Answers with the pool's statistics in the text format of Prometheus.
   *
   * @example fastify.get('/metrics', metricsRoute());
   */
  export function metricsRoute(options?: MetricsRouteOptions): PlainRoute;
}

export = plugin;
