'use strict';

const assert = require('node:assert');
const { test, describe: group } = require('node:test');
const vm = require('node:vm');

const { fromJson, toJson } = require('../lib/config');
const { ConfigError } = require('../lib/errors');
const options = require('../lib/options');

const { DEFAULTS, runOptions } = options;

/**
 * The message of the ConfigError that `read` throws, whose `option` must be the one given.
 *
 * @param {() => unknown} read
 * @param {string} option
 */
function mistake(read, option) {
  let message = '';
  assert.throws(read, (/** @type {any} */ error) => {
    assert.ok(error instanceof ConfigError);
    assert.strictEqual(error.code, 'ERR_TASKLETS_CONFIG');
    assert.strictEqual(error.option, option);
    message = error.message;
    return true;
  });
  return message;
}

/** A handle as others see it. */
const handle = Object.assign(Promise.resolve(), { id: 7 });

group('the options of run', () => {
  test('are one shared frozen object where none are given', () => {
    assert.strictEqual(runOptions(undefined), DEFAULTS);
    assert.ok(Object.isFrozen(DEFAULTS));
    assert.deepStrictEqual(
      { ...DEFAULTS },
      {
        plain: true,
        args: [],
        name: undefined,
        timeout: undefined,
        queueTimeout: undefined,
        priority: 1,
        signal: undefined,
        cancellable: true,
        grace: 100,
        retry: undefined,
        dependsOn: [],
        captures: undefined,
        this: undefined,
        transfer: [],
        metadata: undefined,
        limits: undefined,
        onProgress: undefined,
        onComplete: undefined,
        onError: undefined,
        onStart: undefined,
      },
    );
  });

  test('have the same shape whatever is given', () => {
    const names = Object.keys(DEFAULTS);
    for (const given of [{}, { args: [1] }, { onStart() {}, name: 'x' }]) {
      assert.deepStrictEqual(Object.keys(runOptions(given)), names);
    }
  });

  test('take every option that there is', () => {
    const signal = new AbortController().signal;
    const listener = () => {};
    const given = {
      args: [1],
      name: 'fib',
      timeout: 0.5,
      queueTimeout: 10,
      priority: 'critical',
      signal,
      grace: 0,
      retry: {
        attempts: 5,
        delay: 0,
        backoff: 'linear',
        maxDelay: Infinity,
        jitter: true,
        retryOn: ['E', TypeError],
      },
      dependsOn: handle,
      captures: { factor: 2 },
      this: null,
      transfer: [new ArrayBuffer(1)],
      metadata: { requestId: 1 },
      limits: { memory: '1.5 mb', cpuTime: 5 },
      onProgress: listener,
      onComplete: listener,
      onError: listener,
      onStart: listener,
    };
    const expected = {
      ...given,
      plain: false,
      cancellable: true,
      priority: options.PRIORITIES.indexOf('critical'),
      retry: { ...given.retry, jitter: 1, onRetry: undefined },
      dependsOn: [handle],
      limits: { memory: 1.5 * 1024 * 1024, cpuTime: 5 },
    };
    assert.deepStrictEqual({ ...runOptions(given) }, expected);
    assert.strictEqual(runOptions(given).args, given.args);
  });

  test('know when nothing but args was given', () => {
    assert.strictEqual(runOptions({ args: [1], timeout: undefined }).plain, true);
    assert.strictEqual(runOptions({ args: [1], timeout: 1 }).plain, false);
  });

  test('count an option that is undefined as not given', () => {
    const given = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, undefined]));
    delete given.plain;
    assert.deepStrictEqual({ ...runOptions(given) }, { ...DEFAULTS });
  });

  test('are read as own properties only', () => {
    const inherited = Object.create({ timeout: 5, filename: 'x', args: [1] });
    assert.deepStrictEqual({ ...runOptions(inherited) }, { ...DEFAULTS });
    const polluted = { value: 5, enumerable: true, configurable: true };
    Reflect.defineProperty(Object.prototype, 'queueTimeout', polluted);
    try {
      assert.strictEqual(runOptions({ args: [] }).queueTimeout, undefined);
      assert.strictEqual(runOptions({ queueTimeout: 7 }).queueTimeout, 7);
      assert.strictEqual(options.batchOptions({}).concurrency, undefined);
      assert.strictEqual(toJson({}).json, '{}');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'queueTimeout');
    }
  });

  test('may come without a prototype, and with getters, which are read once', () => {
    let reads = 0;
    const given = Object.assign(Object.create(null), { name: 'x' });
    Object.defineProperty(given, 'timeout', { get: () => ++reads, enumerable: true });
    assert.strictEqual(runOptions(given).timeout, 1);
    assert.strictEqual(reads, 1);
  });

  test('treat 0 and Infinity as no timeout, and Infinity as no other limit', () => {
    for (const timeout of [0, Infinity]) assert.strictEqual(runOptions({ timeout }).timeout, 0);
    const base = runOptions({ queueTimeout: 5 });
    assert.strictEqual(runOptions({ queueTimeout: Infinity }, base).queueTimeout, undefined);
    const limits = { memory: Infinity, cpuTime: Infinity };
    assert.deepStrictEqual(runOptions({ limits }).limits, { memory: undefined, cpuTime: undefined });
  });

  test('take things of other realms', () => {
    const context = vm.createContext({ AbortController });
    const given = vm.runInContext(
      `({ args: [1], dependsOn: [], transfer: [], captures: {}, retry: { retryOn: [Error] } })`,
      context,
    );
    const read = runOptions(given);
    assert.strictEqual(read.args, given.args);
    const signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
    assert.strictEqual(runOptions({ signal }).signal, signal);
  });

  test('that are wrong are named in one sentence', () => {
    assert.strictEqual(
      mistake(() => runOptions({ timeout: '5s' }), 'timeout'),
      'Expected `timeout` to be a number of milliseconds from 0 up, or Infinity, got `"5s"` (string)',
    );
    assert.strictEqual(
      mistake(() => runOptions({ priority: 'urgent' }), 'priority'),
      "Expected `priority` to be 'low', 'normal', 'high' or 'critical', got `\"urgent\"` (string)",
    );
    assert.strictEqual(
      mistake(() => runOptions({ retry: { attempts: 0 } }), 'retry.attempts'),
      'Expected `retry.attempts` to be an integer from 1 up, or Infinity, got `0` (number)',
    );
  });

  test('that are wrong are refused, each with its path', () => {
    const wrong = /** @type {[object, string][]} */ ([
      [{ args: {} }, 'args'],
      [{ args: null }, 'args'],
      [{ name: 5 }, 'name'],
      [{ timeout: -1 }, 'timeout'],
      [{ timeout: NaN }, 'timeout'],
      [{ timeout: 5n }, 'timeout'],
      [{ timeout: new Date() }, 'timeout'],
      [{ queueTimeout: 0 }, 'queueTimeout'],
      [{ priority: 1 }, 'priority'],
      [{ signal: {} }, 'signal'],
      [{ signal: null }, 'signal'],
      [{ cancellable: 0 }, 'cancellable'],
      [{ grace: Infinity }, 'grace'],
      [{ retry: 0 }, 'retry'],
      [{ retry: 1.5 }, 'retry'],
      [{ retry: true }, 'retry'],
      [{ retry: [] }, 'retry'],
      [{ retry: { backoff: 0.5 } }, 'retry.backoff'],
      [{ retry: { jitter: 2 } }, 'retry.jitter'],
      [{ retry: { retryOn: [5] } }, 'retry.retryOn'],
      [{ retry: { atempts: 5 } }, 'retry.atempts'],
      [{ dependsOn: 'x' }, 'dependsOn'],
      [{ dependsOn: [handle, Promise.resolve()] }, 'dependsOn[1]'],
      [{ captures: [] }, 'captures'],
      [{ captures: new Map([['factor', 2]]) }, 'captures'],
      [{ metadata: new Set([1]) }, 'metadata'],
      [{ transfer: new ArrayBuffer(1) }, 'transfer'],
      [{ metadata: 'x' }, 'metadata'],
      [{ limits: { memory: '1XB' } }, 'limits.memory'],
      [{ limits: { memory: 0 } }, 'limits.memory'],
      [{ limits: { cpuTime: 0 } }, 'limits.cpuTime'],
      [{ limits: { heap: 5 } }, 'limits.heap'],
      [{ onProgress: {} }, 'onProgress'],
      [{ onComplete: 5 }, 'onComplete'],
      [{ onError: null }, 'onError'],
      [{ onStart: 'x' }, 'onStart'],
      [{ task: () => {} }, 'task'],
      [{ ['__proto__']: {} }, '__proto__'],
    ]);
    for (const [given, option] of wrong) mistake(() => runOptions(given), option);
    for (const given of [null, 5, 'x', [], () => {}]) mistake(() => runOptions(given), 'options');
  });

  test('that are unknown name the nearest known one, even when undefined', () => {
    const message = mistake(() => runOptions({ timout: undefined }), 'timout');
    assert.strictEqual(
      message,
      'Expected `timout` to be a known option, got an unknown name; did you mean `timeout`?',
    );
    assert.match(
      mistake(() => runOptions({ retry: { atempts: 5 } }), 'retry.atempts'),
      /one of the options `attempts`, .*; did you mean `retry.attempts`\?$/,
    );
    assert.match(
      mistake(() => runOptions({ [`x${'y'.repeat(1e6)}`]: 1 }), `x${'y'.repeat(1e6)}`),
      /one of the options `name`, /,
    );
  });

  test('refuse a signal for a task that cannot be cancelled', () => {
    const given = { cancellable: false, signal: new AbortController().signal };
    assert.match(
      mistake(() => runOptions(given), 'signal'),
      /left out, as `cancellable` is `false`/,
    );
    const base = runOptions({ signal: given.signal });
    mistake(() => options.itemOptions({ task() {}, cancellable: false }, base, 2), 'tasks[2].signal');
  });
});

group('the options of the other verbs', () => {
  test('stand beside those of their tasks', () => {
    const listener = () => {};
    const { run: ofAll, failFast } = options.runAllOptions({ failFast: false, timeout: 5 });
    assert.deepStrictEqual([failFast, ofAll.timeout], [false, 5]);
    const { run: ofMap, ...map } = options.mapOptions({ chunkSize: 10, concurrency: 2, priority: 'low' });
    assert.deepStrictEqual([map, ofMap.priority], [{ chunkSize: 10, concurrency: 2 }, 0]);
    const { run: ofStream, ...stream } = options.streamOptions({ ordered: false });
    assert.deepStrictEqual([stream, ofStream.plain], [{ ordered: false, concurrency: undefined }, true]);
    assert.deepStrictEqual(options.batchOptions({ onProgress: listener }), {
      concurrency: undefined,
      onProgress: listener,
      stopOnError: false,
    });
  });

  test('are their defaults where none are given', () => {
    assert.deepStrictEqual(options.runAllOptions(undefined), { run: DEFAULTS, failFast: true });
    assert.deepStrictEqual(options.mapOptions(undefined), {
      run: DEFAULTS,
      chunkSize: 'auto',
      concurrency: undefined,
    });
    assert.deepStrictEqual(options.shutdownOptions(undefined), {
      timeout: 30_000,
      cancelPending: false,
      force: false,
    });
    assert.strictEqual(options.wrapOptions(undefined), DEFAULTS);
  });

  test('of retry are those of its attempts', () => {
    const read = options.retryOptions({
      args: [1],
      attempts: 4,
      delay: 5,
      retryOn: (/** @type {any} */ e) => e.code === 1,
    });
    assert.deepStrictEqual([read.args, read.retry?.attempts, read.retry?.delay], [[1], 4, 5]);
    assert.strictEqual(options.retryOptions(undefined).retry?.attempts, undefined);
    assert.strictEqual(options.retryOptions(undefined).plain, false);
    mistake(() => options.retryOptions({ retry: 5 }), 'retry');
  });

  test('of an item come before those of all, and name the item when wrong', () => {
    const base = runOptions({ timeout: 5, priority: 'high' });
    const read = options.itemOptions({ task: () => {}, timeout: 7 }, base, 0);
    assert.deepStrictEqual([read.timeout, read.priority], [7, 2]);
    assert.match(
      mistake(() => options.itemOptions({ task: () => {}, timout: 7 }, base, 3), 'tasks[3].timout'),
      /did you mean `tasks\[3\]\.timeout`\?$/,
    );
    mistake(() => options.itemOptions({ retry: { delay: -1 } }, base, 3), 'tasks[3].retry.delay');
    mistake(() => options.itemOptions(5, base, 3), 'tasks[3]');
  });

  test('refuse what has no meaning there', () => {
    mistake(() => options.wrapOptions({ args: [1] }), 'args');
    mistake(() => options.mapOptions({ args: [1] }), 'args');
    mistake(() => options.mapOptions({ concurrency: 0 }), 'concurrency');
    mistake(() => options.mapOptions({ chunkSize: 'all' }), 'chunkSize');
    mistake(() => options.mapOptions({ chunksize: 1 }), 'chunksize');
    mistake(() => options.streamOptions({ ordered: 1 }), 'ordered');
    mistake(() => options.generatorOptions({ retry: 2 }), 'retry');
    mistake(() => options.batchOptions({ timeout: 2 }), 'timeout');
    mistake(() => options.shutdownOptions({ timeout: -1 }), 'timeout');
    mistake(() => options.shutdownOptions({ forced: true }), 'forced');
    mistake(() => options.graphOptions({ dependsOn: [handle] }), 'dependsOn');
    assert.deepStrictEqual(options.graphOptions({ dependsOn: ['a'] }).dependsOn, ['a']);
  });

  test('are arguments only where they are nothing else', () => {
    const args = [1];
    assert.equal(options.onlyArgs({ args }), args);
    const others = [undefined, null, 'args', [1], {}, { args: 1 }, { args: undefined }, { args, name: 'a' }];
    for (const given of [...others, Object.create({ args })]) {
      assert.equal(options.onlyArgs(given), undefined);
    }
  });
});

group('a config on its way to Rust', () => {
  const encode = (/** @type {unknown} */ given) => JSON.parse(toJson(given).json);

  test('keeps all that JSON can say, and tags the rest', () => {
    assert.deepStrictEqual(
      encode({ workers: { max: 'cpu_count', min: 1 }, gracefulSignals: true, queue: null }),
      {
        workers: { max: 'cpu_count', min: 1 },
        gracefulSignals: true,
        queue: null,
      },
    );
    assert.deepStrictEqual(encode({ timeout: Infinity, a: -Infinity, b: NaN, c: undefined }), {
      timeout: { $number: 'Infinity' },
      a: { $number: '-Infinity' },
      b: { $number: 'NaN' },
      c: { $undefined: true },
    });
  });

  test('says of everything else what it was', () => {
    class Settings {}
    const cycle = /** @type {Record<string, unknown>} */ ({});
    cycle.cycle = cycle;
    const given = {
      a: 5n,
      b: Symbol('x'),
      c() {},
      d: new Map(),
      e: new Settings(),
      f: [1, 2],
      g: { $number: 'NaN' },
    };
    const encoded = encode({ ...given, toJSON: () => 5, cycle });
    assert.deepStrictEqual(Object.keys(encoded.a), ['$foreign']);
    assert.strictEqual(encoded.b.$foreign, '`Symbol(x)` (symbol)');
    assert.strictEqual(encoded.e.$foreign, 'a Settings');
    assert.strictEqual(encoded.f.$foreign, 'an array of 2');
    for (const name of ['c', 'd', 'g', 'toJSON']) assert.ok(encoded[name].$foreign, name);
    assert.ok(JSON.stringify(encoded.cycle).includes('$foreign'));
    for (const wrong of [null, 5, [], new Map(), () => {}]) mistake(() => toJson(wrong), 'config');
  });

  test('leaves the logger here', () => {
    class Logger {
      debug() {}
      info() {}
      warn() {}
      error() {}
    }
    for (const logger of [new Logger(), console]) {
      const { json, logger: kept } = toJson({ logging: { level: 'info', destination: logger } });
      assert.strictEqual(kept, logger);
      assert.deepStrictEqual(JSON.parse(json).logging, { level: 'info', destination: { $logger: true } });
    }
    assert.strictEqual(toJson({ logging: { destination: 'stdout' } }).logger, undefined);
    mistake(() => toJson({ logging: { destination: { info() {} } } }), 'logging.destination.debug');
  });

  test('comes back frozen, with Infinity and the logger in their places', () => {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const text = '{"queue":{"maxSize":{"$number":"Infinity"}},"logging":{"destination":{"$logger":true}}}';
    const config = fromJson(text, logger);
    assert.strictEqual(config.queue.maxSize, Infinity);
    assert.strictEqual(config.logging.destination, logger);
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.queue) && Object.isFrozen(config.logging));
    assert.ok(!Object.isFrozen(logger));
    assert.deepStrictEqual(toJson(config), { json: text, logger });
  });
});
