// What a program does with the library, whichever way it got it.
import assert from 'node:assert/strict';

/** @param {typeof import('../../../index.js')} library @param {string | URL} work a module of tasks */
export async function check({ run, map, stream, runAll, module, Pool, errors, current, version }, work) {
  const factor = 3;
  class Secret {
    #x = 1;
    get x() {
      return this.#x;
    }
  }
  class Point {
    x = 1;
  }
  const triple = (n) => n * factor;
  assert.equal(typeof version, 'string');
  assert.equal(await run(() => triple(14)), 42);
  assert.equal(await run(() => new Secret().x), 1);
  assert.ok((await run(() => new Point())) instanceof Point);
  assert.deepEqual(await map((n) => n + 1, [1, 2, 3]), [2, 3, 4]);
  assert.deepEqual(await runAll([() => 1, async () => 'two']), [1, 'two']);
  assert.equal(await run(module(work, 'double'), { args: [21] }), 42);
  assert.equal(await run(() => run(() => 'nested')), 'nested');
  assert.equal(await run(() => current().name, { name: 'mine' }), 'mine');
  const values = [];
  for await (const value of stream((n) => n, [1, 2, 3])) values.push(value);
  assert.deepEqual(values, [1, 2, 3]);
  const bytes = await run((view) => view.map((byte) => byte + 1), { args: [new Uint8Array(300_000)] });
  assert.ok(bytes instanceof Uint8Array && bytes.length === 300_000 && bytes.every((byte) => byte === 1));
  await assert.rejects(
    run(() => {
      throw new RangeError('thrown in a task');
    }),
    (error) => error instanceof RangeError && !/tasklets.(dist|lib|in-a)/.test(error.stack),
  );
  await assert.rejects(
    run(() => new Promise(() => {}), { timeout: 20 }),
    errors.TimeoutError,
  );
  const pool = new Pool({ workers: 1 });
  assert.equal(await pool.run((a, b) => a + b, { args: [1, 2] }), 3);
  assert.equal((await pool.shutdown()).graceful, true);
}
