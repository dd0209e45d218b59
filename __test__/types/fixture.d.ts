/** A module as `module()` names it. */
export function resize(image: Uint8Array, width: number, format?: 'png' | 'webp'): Promise<Uint8Array>;
export function rows(file: string): Generator<string[], void, undefined>;
export const version: string;
declare const main: () => number;
export default main;
