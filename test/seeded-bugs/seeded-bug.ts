/** A piece of a source file that stands there exactly once, and what a careless hand would have written. */
export interface Patch {
  readonly file: string;
  readonly is: string;
  readonly becomes: string;
}

/** A small deliberate fault, and the one test that is there to notice it. */
export interface SeededBug {
  readonly name: string;
  readonly patches: readonly Patch[];
  readonly test: { readonly file: string; readonly name: string };
  /** Planted in `npm test` too, because its test is quick. */
  readonly isQuick?: boolean;
}
