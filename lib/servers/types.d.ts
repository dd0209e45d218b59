/// <reference types="node" />

// What `tasklets/express` and `tasklets/fastify` have in common.

import type { IncomingHttpHeaders } from 'node:http';
import type tasklets = require('../../index');

/** The part of a pool that is used here: a `Pool`, `require('tasklets')`, or what stands in for one in a test. */
export type PoolLike = Pick<tasklets.Verbs, 'run' | 'stream' | 'wrap' | 'getHealth' | 'getStats'>;

/**
 * The plain copy of a request that a handler gets. What the handler writes to it stays in the worker.
 *
 * @typeParam Params of the path
 */
export interface OffloadedRequest<Params = Record<string, string>, Query = Record<string, any>, Body = any> {
  readonly method: string;
  /** With the query. In Express without the path that the router is mounted on, as there. */
  readonly url: string;
  readonly path: string;
  readonly params: Params;
  /** As the server's query parser gives it. */
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** As the server has parsed it; a `Buffer` stays one. `undefined` if nothing has parsed it. */
  readonly body: Body;
  /** Behind a proxy, what the server is told to trust. */
  readonly ip: string | undefined;
  /** As middleware has parsed them; otherwise parsed from the header. */
  readonly cookies: Readonly<Record<string, any>>;
}

/**
 * A response with everything: what a handler returns, or a generator handler yields first. An object with other keys
 * besides is a value like any other, and sent as JSON; so is one that has neither a number as `status` nor `headers`.
 */
export interface OffloadedResponse {
  /** 200 to 599; if not given, 200, or 204 without a body. */
  readonly status?: number | undefined;
  /** `set-cookie` and `vary` add to what has been set before; others replace it. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined;
  readonly body?: unknown;
}

/**
 * What runs on the pool: a function, an async function, a generator function, or an export of a module.
 *
 * What it returns is sent by its kind: text as `text/plain`, bytes (Buffer, typed array, ArrayBuffer, Blob) as
 * `application/octet-stream`, a `ReadableStream` (moved with `transfer`) by its chunks, nothing as 204, an
 * {@link OffloadedResponse} as it says, anything else as JSON.
 *
 * What a generator yields is streamed, with back pressure: text and bytes as they are, anything else as lines of
 * JSON (`application/x-ndjson`). A generator that yields nothing answers with what it returns.
 */
export type OffloadedHandler<Request = OffloadedRequest> = tasklets.Task<[request: Request]>;

/** The options of `offload` for any server: those of a task, and where and with what it runs. */
export interface OffloadTaskOptions<Original, Extra extends object = {}> extends tasklets.WrapOptions<any> {
  /**
   * The pool that it runs on.
   *
   * @default Express: the default pool. Fastify: that of the plugin, or the default pool if there is none
   * @example offload(render, { pool: new Pool({ workers: 2 }) });
   */
  pool?: PoolLike | undefined;

  /**
   * Adds to the copy of the request. What it returns is copied like any argument.
   *
   * @default nothing is added
   * @example offload(({ user }) => report(user), { pick: (req: Request) => ({ user: req.user.id }) });
   */
  pick?: ((request: Original) => Extra | undefined) | undefined;
}

/** The options of `healthRoute`. */
export interface HealthRouteOptions {
  /**
   * The pool that is asked.
   *
   * @default Express: the default pool. Fastify: that of the plugin, or the default pool if there is none
   * @example healthRoute({ pool });
   */
  pool?: PoolLike | undefined;
}

/** The options of `metricsRoute`. */
export interface MetricsRouteOptions extends HealthRouteOptions {
  /**
   * Labels of all samples, to tell pools apart.
   *
   * @default {}
   * @example metricsRoute({ pool: images, labels: { pool: 'images' } });
   */
  labels?: Readonly<Record<string, string>> | undefined;

  /**
   * Whether there are samples for each name of a task: eleven for a name, of which a pool remembers 1000.
   *
   * @default true
   * @example metricsRoute({ byTask: false });
   */
  byTask?: boolean | undefined;
}
