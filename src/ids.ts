import { createCipheriv, hash, randomInt } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The kinds of API key: live data, one developer's sandbox, and the system key without limits. */
export type ApiKeyKind = 'PROD' | 'DEV' | 'ROOT';

const API_KEY_PREFIX: Record<ApiKeyKind, string> = { PROD: 'PROD', DEV: 'DEV_', ROOT: 'ROOT' };

/** The published format of an API key. */
export const API_KEY_PATTERN = /^(PROD|DEV_|ROOT)[A-Za-z0-9]{28}$/;

/** The published format of an identity, the session of a logged-in customer. */
export const IDENTITY_PATTERN = /^[A-Za-z0-9]{32}$/;

/** The published format of a customer's public reference, a transaction id and a hold id. */
export const SHORT_ID_PATTERN = /^[A-Za-z0-9]{16}$/;

/** @returns `length` characters of [A-Za-z0-9], each from the operating system's random source. */
export function randomAlphanumerics(length: number): string {
  let text = '';
  while (text.length < length) text += ALPHABET.charAt(randomInt(ALPHABET.length));
  return text;
}

/** @returns a new API key of this kind; it is shown once and only its hash is stored. */
export function newApiKey(kind: ApiKeyKind): string {
  return API_KEY_PREFIX[kind] + randomAlphanumerics(28);
}

/** @returns the SHA-256 under which an API key or an identity is stored and looked up. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** @returns the same hash as text, under which a process remembers what a secret names. */
export function hashSecretAsText(secret: string): string {
  return hash('sha256', secret, 'base64');
}

/** What a public transaction or hold id says to us: the account, and the attempt that wrote the entry or hold. */
export interface PublicName {
  readonly accountId: number;
  /** The entry's seq, or the hold's number. */
  readonly seq: number;
  readonly attempt: number;
  /** Absent means an entry. */
  readonly isHold?: boolean | undefined;
}

/** Attempts are below this: 26 random bits, part of the public id. */
export const ATTEMPT_LIMIT = 2 ** 26;

const DIGITS = 8;
const HALF = 62 ** DIGITS;
const ATTEMPT_LOW_BITS = 2 ** 15;
const ATTEMPT_HIGH_BITS = 2 ** 11;
const ACCOUNT_LIMIT = 2 ** 36;
const SEQ_LIMIT = 2 ** 31;
/** Set in the right half of a hold's id; above all bits of seq and attempt, still below HALF. */
const HOLD_BIT = SEQ_LIMIT * ATTEMPT_LOW_BITS;
const ROUNDS = 4;
/** Stands for what has not even the form of an id. */
const NOBODY = '0'.repeat(2 * DIGITS);
const BLOCK = 16;

/**
 * Turns names of entries and holds into 16-character public ids and back, without an index and without telling a reader
 * anything: a four-round Feistel network over two halves of eight base-62 digits, AES-128 as its round function.
 */
export interface IdCipher {
  encode(name: PublicName): string;
  /** Like encode, for a whole batch at a fraction of the cost each. */
  encodeAll(names: readonly PublicName[]): string[];
  /** @returns the name, or undefined where no entry and no hold can have this id. */
  decode(id: string): PublicName | undefined;
  /** Like decode, at the end of this turn, for all that were asked about in it at a fraction of the cost each. */
  decodeSoon(id: string): Promise<PublicName | undefined>;
}

/** @param key 16 secret bytes that belong to the installation and never change. */
export function createIdCipher(key: Buffer): IdCipher {
  const aes = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  let blocks = Buffer.alloc(BLOCK * 128);

  /** @returns the blocks that the round function makes of these halves. One call of the cipher serves them all. */
  const scramble = (halves: Float64Array, round: number): Buffer => {
    const size = halves.length * BLOCK;
    if (blocks.length < size) blocks = Buffer.alloc(size);
    for (let i = 0; i < halves.length; i++) {
      blocks.writeUIntBE(halves[i] ?? 0, i * BLOCK, 6);
      blocks[i * BLOCK + BLOCK - 1] = round;
    }
    return aes.update(blocks.subarray(0, size));
  };

  const encodeAll = (names: readonly PublicName[]): string[] => {
    let left = new Float64Array(names.length);
    let right = new Float64Array(names.length);
    names.forEach(({ accountId, seq, attempt, isHold }, i) => {
      left[i] = accountId * ATTEMPT_HIGH_BITS + Math.floor(attempt / ATTEMPT_LOW_BITS);
      right[i] = (isHold ? HOLD_BIT : 0) + seq * ATTEMPT_LOW_BITS + (attempt % ATTEMPT_LOW_BITS);
    });
    for (let round = 0; round < ROUNDS; round++) {
      const scrambled = scramble(right, round);
      for (let i = 0; i < left.length; i++) {
        left[i] = ((left[i] ?? 0) + (scrambled.readUIntBE(i * BLOCK, 6) % HALF)) % HALF;
      }
      [left, right] = [right, left];
    }
    return names.map((_, i) => toDigits(left[i] ?? 0) + toDigits(right[i] ?? 0));
  };

  const decodeAll = (texts: readonly string[]): (PublicName | undefined)[] => {
    const ids = texts.map((text) => (SHORT_ID_PATTERN.test(text) ? text : NOBODY));
    let left = Float64Array.from(ids, (id) => fromDigits(id.slice(0, DIGITS)));
    let right = Float64Array.from(ids, (id) => fromDigits(id.slice(DIGITS)));
    for (let round = ROUNDS - 1; round >= 0; round--) {
      const scrambled = scramble(left, round);
      for (let i = 0; i < right.length; i++) {
        right[i] = ((right[i] ?? 0) + HALF - (scrambled.readUIntBE(i * BLOCK, 6) % HALF)) % HALF;
      }
      [left, right] = [right, left];
    }
    return ids.map((id, i) => (id === NOBODY ? undefined : toName(left[i] ?? 0, right[i] ?? 0)));
  };

  let asked: Asked[] = [];
  const tellAsked = () => {
    const told = asked;
    asked = [];
    try {
      const names = decodeAll(told.map(({ id }) => id));
      for (const [i, { tell }] of told.entries()) tell(names[i]);
    } catch (error) {
      for (const { fail } of told) fail(error);
    }
  };

  return {
    encodeAll,
    encode: (name) => encodeAll([name]).join(''),
    decode: (id) => decodeAll([id])[0],
    decodeSoon(id) {
      return new Promise((tell, fail) => {
        if (asked.push({ id, tell, fail }) === 1) setImmediate(tellAsked);
      });
    },
  };
}

/** An id that somebody waits to hear the name of. */
interface Asked {
  readonly id: string;
  tell(name: PublicName | undefined): void;
  fail(error: unknown): void;
}

function toName(left: number, right: number): PublicName | undefined {
  const isHold = right >= HOLD_BIT;
  const rest = isHold ? right - HOLD_BIT : right;
  const name = {
    accountId: Math.floor(left / ATTEMPT_HIGH_BITS),
    seq: Math.floor(rest / ATTEMPT_LOW_BITS),
    attempt: (left % ATTEMPT_HIGH_BITS) * ATTEMPT_LOW_BITS + (rest % ATTEMPT_LOW_BITS),
    isHold,
  };
  const isPossible =
    name.accountId > 0 && name.accountId < ACCOUNT_LIMIT && name.seq > 0 && name.seq < SEQ_LIMIT;
  return isPossible ? name : undefined;
}

/** Two digits a look-up: every pair of base-62 digits as text. */
const DIGIT_PAIRS = Array.from(
  { length: 62 * 62 },
  (_, n) => ALPHABET.charAt(Math.floor(n / 62)) + ALPHABET.charAt(n % 62),
);

function toDigits(half: number): string {
  let text = '';
  let rest = half;
  for (let i = 0; i < DIGITS; i += 2) {
    text = (DIGIT_PAIRS[rest % 3844] ?? '') + text;
    rest = Math.floor(rest / 3844);
  }
  return text;
}

function fromDigits(text: string): number {
  let half = 0;
  for (const character of text) half = half * 62 + ALPHABET.indexOf(character);
  return half;
}
