import tasklets, { run, map, Pool, errors, type RunOptions, type TaskHandle } from 'tasklets';

const options: RunOptions = { timeout: 100 };
const handle: TaskHandle<number> = run((n: number) => n + 1, { ...options, args: [1] });
export const answer: Promise<number> = handle;
export const many: Promise<string[]> = map((n: number) => String(n), [1, 2]);
export const pool: Pool = new tasklets.Pool({ workers: 2 });
export const isLate = (error: unknown): boolean => error instanceof errors.TimeoutError;
// @ts-expect-error there is no such option
run(() => 1, { timeOut: 1 });
