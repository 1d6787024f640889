import type { DecidedAnswer } from '../operations/services.ts';

/** What a command has to say: to a program with `--json`, to a person otherwise. */
export interface Answer {
  /** One JSON value; or the text of one, where its bytes are fixed. */
  readonly json: unknown;
  readonly text: string;
  readonly exitCode?: number;
}

/** The option that every command takes. */
export interface JsonOption {
  readonly json?: true | undefined;
}

/** The refusal of a command that was decided by the ledger; `body` is the error as the API answers it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly body: string;

  constructor(body: string) {
    const { error } = JSON.parse(body) as { error: { message: string; description: string } };
    super(`${error.message} ${error.description}`);
    this.body = body;
  }
}

/** Something in the command line that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was ended from outside. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor(signal: string) {
    super(`Ended by ${signal}. What was begun may have been done.`);
  }
}

/** Whoever read the answer, such as `head`, has seen enough before its end. */
export class UnreadError extends Error {
  override readonly name = 'UnreadError';
}

/** Something that was named and does not exist. */
export class NotThereError extends Error {
  override readonly name = 'NotThereError';
}

/** Writes an answer to the standard output, where nothing else is ever written. */
export function printAnswer(answer: Answer, options: JsonOption): void {
  const json = typeof answer.json === 'string' ? answer.json : JSON.stringify(answer.json);
  process.stdout.write(`${options.json ? json : answer.text}\n`);
  if (answer.exitCode !== undefined) process.exitCode = answer.exitCode;
}

/**
 * @returns the decided body as JSON text and read.
 * @throws RefusedError where the ledger refused.
 */
export function readDecided(decided: DecidedAnswer): { body: string; success: Record<string, unknown> } {
  if (decided.status !== 200) throw new RefusedError(decided.body);
  return { body: decided.body, success: JSON.parse(decided.body) as Record<string, unknown> };
}

/** @returns rows under their headings, each column as wide as its widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows].map((line) => line.map(harmless));
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Customers choose names and labels: an escape sequence or a line break in one must not rule an operator's terminal. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd');
}

/** @returns one `name  value` line for each pair, names of one width; pairs without a value are left out. */
export function list(pairs: readonly (readonly [string, string | number | null | undefined])[]): string {
  const told = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(...told.map(([name]) => name.length));
  return told.map(([name, value]) => `${name.padEnd(width)}  ${harmless(String(value))}`).join('\n');
}
