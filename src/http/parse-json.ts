import { isUtf8 } from 'node:buffer';

/** Objects and lists may be nested this deep, the outermost object included. */
export const DEPTH_LIMIT = 8;

/** Every amount that Purser accepts has at most this many significant digits and passes a double unchanged. */
const EXACT_DIGITS = 15;

/**
 * A JSON number that a double cannot be trusted to hold. No schema accepts it as a number, so a 7th decimal
 * place that a double would swallow is refused, never rounded.
 */
export class InexactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The bytes are not one JSON object as we accept it; the message says what is wrong, without quoting them. */
export class InvalidJson extends Error {
  override readonly name = 'InvalidJson';
}

export type JsonObject = { [member: string]: unknown };

// The parser is synchronous and does not call back, so its state lives in the module: no object a request.
let text = '';
let at = 0;

/**
 * Reads one JSON object. `JSON.parse` cannot see duplicate members nor the text of a number that it rounds.
 *
 * @throws InvalidJson for anything but one object in UTF-8 without duplicate members or `__proto__`, at most
 *   8 levels deep.
 */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  if (!isUtf8(bytes)) throw new InvalidJson('the body is not UTF-8');
  text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  at = 0;
  try {
    skipSpace();
    if (text.charCodeAt(at) !== OPEN_BRACE) throw new InvalidJson('the body is not a JSON object');
    const value = readObject(1);
    skipSpace();
    if (at < text.length) throw unexpected();
    return value;
  } finally {
    text = '';
  }
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;

function unexpected(): InvalidJson {
  const where = at < text.length ? `an unexpected character at position ${at}` : 'an unexpected end';
  return new InvalidJson(`the body is not JSON: ${where}`);
}

function skipSpace(): void {
  for (;;) {
    const c = text.charCodeAt(at);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
    at++;
  }
}

function readValue(depth: number): unknown {
  const c = text.charCodeAt(at);
  if (c === QUOTE) return readString();
  if (c === MINUS || (c >= ZERO && c <= NINE)) return readNumber();
  if (c === OPEN_BRACE) return readObject(depth + 1);
  if (c === OPEN_BRACKET) return readList(depth + 1);
  if (text.startsWith('true', at)) return skipWord(4, true);
  if (text.startsWith('false', at)) return skipWord(5, false);
  if (text.startsWith('null', at)) return skipWord(4, null);
  throw unexpected();
}

function skipWord<T>(length: number, value: T): T {
  at += length;
  return value;
}

function checkDepth(depth: number): void {
  if (depth > DEPTH_LIMIT) throw new InvalidJson(`the body is more than ${DEPTH_LIMIT} levels deep`);
}

function readObject(depth: number): JsonObject {
  checkDepth(depth);
  const object: JsonObject = {};
  at++;
  skipSpace();
  if (text.charCodeAt(at) === CLOSE_BRACE) return skipWord(1, object);
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) throw unexpected();
    const member = readString();
    if (member === '__proto__') throw new InvalidJson('the body has a member __proto__');
    if (Object.hasOwn(object, member)) throw new InvalidJson('the body has a member twice');
    skipSpace();
    if (text.charCodeAt(at) !== COLON) throw unexpected();
    at++;
    skipSpace();
    object[member] = readValue(depth);
    skipSpace();
    const c = text.charCodeAt(at);
    if (c === CLOSE_BRACE) return skipWord(1, object);
    if (c !== COMMA) throw unexpected();
    at++;
    skipSpace();
  }
}

function readList(depth: number): unknown[] {
  checkDepth(depth);
  const list: unknown[] = [];
  at++;
  skipSpace();
  if (text.charCodeAt(at) === CLOSE_BRACKET) return skipWord(1, list);
  for (;;) {
    list.push(readValue(depth));
    skipSpace();
    const c = text.charCodeAt(at);
    if (c === CLOSE_BRACKET) return skipWord(1, list);
    if (c !== COMMA) throw unexpected();
    at++;
    skipSpace();
  }
}

function readString(): string {
  const start = at++;
  let escaped = false;
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) {
      at++;
      return escaped ? decodeString(start) : text.slice(start + 1, at - 1);
    }
    if (c < 0x20) throw unexpected();
    if (c === BACKSLASH) {
      escaped = true;
      at++;
    }
  }
  throw unexpected();
}

/** Strings with escapes are rare; the native parser decodes them, and refuses what is no JSON escape. */
function decodeString(start: number): string {
  try {
    const decoded: unknown = JSON.parse(text.slice(start, at));
    if (typeof decoded === 'string') return decoded;
  } catch {
    // Told below, without the native message, which would quote the body.
  }
  at = start;
  throw unexpected();
}

/** Moves over digits. @returns how many there were. */
function skipDigits(): number {
  const start = at;
  while (isDigit(text.charCodeAt(at))) at++;
  return at - start;
}

function isDigit(c: number): boolean {
  return c >= ZERO && c <= NINE;
}

function readNumber(): number | InexactNumber {
  const start = at;
  if (text.charCodeAt(at) === MINUS) at++;
  const first = text.charCodeAt(at);
  const whole = skipDigits();
  if (whole === 0 || (first === ZERO && whole > 1)) throw unexpected();
  const mantissaStart = at - whole;
  if (text.charCodeAt(at) === POINT) {
    at++;
    if (skipDigits() === 0) throw unexpected();
  }
  const mantissaEnd = at;
  if ((text.charCodeAt(at) | 0x20) === 0x65) {
    at++;
    const sign = text.charCodeAt(at);
    if (sign === MINUS || sign === 0x2b) at++;
    if (skipDigits() === 0) throw unexpected();
  }
  const source = text.slice(start, at);
  const value = Number(source);
  if (mantissaEnd === at && mantissaEnd - mantissaStart <= EXACT_DIGITS) return value;
  return isExact(text.slice(mantissaStart, mantissaEnd), value) ? value : new InexactNumber(source);
}

function isExact(mantissa: string, value: number): boolean {
  const digits = mantissa.replace('.', '');
  let from = 0;
  let to = digits.length;
  while (from < to && digits.charCodeAt(from) === ZERO) from++;
  while (to > from && digits.charCodeAt(to - 1) === ZERO) to--;
  // A value that became 0 although its digits are not all 0 fell below the smallest double.
  return to - from <= EXACT_DIGITS && Number.isFinite(value) && (value !== 0 || from === to);
}
