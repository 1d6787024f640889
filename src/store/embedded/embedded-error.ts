/** Something that an operator can put right; the message says what and how, and is shown without a stack. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError';
}
