// `tasklets/express`: handlers of Express 4 and 5 that run on a pool.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type tasklets = require('./index');
import type {
  HealthRouteOptions,
  MetricsRouteOptions,
  OffloadTaskOptions,
  OffloadedHandler,
  OffloadedRequest,
} from './lib/servers/types';

export type {
  HealthRouteOptions,
  MetricsRouteOptions,
  OffloadedHandler,
  OffloadedRequest,
  OffloadedResponse,
  PoolLike,
} from './lib/servers/types';

/** The options of `offload`: those of a task, and where and with what it runs. */
export interface OffloadOptions<Extra extends object = {}> extends OffloadTaskOptions<Request<any>, Extra> {
  /**
   * Answers instead of us when the pool has no answer: its queue is full, it is shut down, the task has timed out or
   * has been cancelled by the server. `res` has the status and headers already; `error` has `status`, `statusCode` and
   * `headers`. What it throws goes to the error handling.
   *
   * @default answers with JSON: `{ statusCode, code, error, message }`
   * @example offload(render, { fallback: (error, req, res, next) => next(error) });
   */
  fallback?:
    | ((
        error: tasklets.errors.TaskletsError,
        req: Request<any>,
        res: Response,
        next: NextFunction,
      ) => unknown)
    | undefined;
}

/**
 * Makes a route of a handler that runs on a pool: the event loop stays free for all others.
 *
 * What the handler uses is read here, once, as `wrap` does. A task without a name is called by its route, such as
 * `GET /fib/:n`. A client that goes away cancels its task. What the handler throws goes to `next(error)`, as it was
 * thrown. A full queue answers 503 with `Retry-After`, a timeout 504, a pool that is shut down 503.
 *
 * @typeParam Params of the path: TypeScript cannot read them off the route
 * @throws InvalidTaskError, CaptureError, ConfigError
 * @example app.get('/fib/:n', offload(({ params }) => fib(Number(params.n)), { timeout: 5_000 }));
 */
export declare function offload<Params = Record<string, string>, Extra extends object = {}>(
  handler: OffloadedHandler<OffloadedRequest<Params> & Extra>,
  options?: OffloadOptions<Extra>,
): RequestHandler<any, any, any, any>;

/** A route that needs nothing of Express: it also works as a listener of `node:http`. */
export type PlainRoute = (req: IncomingMessage, res: ServerResponse) => void;

/**
 * Answers with `getHealth()` as JSON: 200, or 503 if the status is `'unhealthy'`, which it also is once the pool is
 * shut down. Recent errors are in it, with their messages: it is not for everyone's eyes.
 *
 * @example app.get('/health', healthRoute());
 */
export declare function healthRoute(options?: HealthRouteOptions): PlainRoute;

/**
 * Answers with the pool's statistics in the text format of Prometheus.
 *
 * @example app.get('/metrics', metricsRoute());
 */
export declare function metricsRoute(options?: MetricsRouteOptions): PlainRoute;
