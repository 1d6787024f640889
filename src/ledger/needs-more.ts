/** Thrown inside a decision that depends on what its state leaves out; `decide` turns it into an answer. */
export class NeedsMore extends Error {}
