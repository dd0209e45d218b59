type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if the value's type is `Expected`: not wider, not narrower, not `any`. */
export declare function exactly<Expected>(): <Actual>(
  value: Actual,
  ...differs: Equal<Expected, Actual> extends true ? [] : [expected: Expected, actual: Actual]
) => void;
