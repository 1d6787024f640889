import { describeAddress } from '../ip/address.ts';
import { toMicro } from '../ledger/amount.ts';
import { normaliseEmail } from '../operations/email-address.ts';
import { parseInstant } from '../operations/expiration-date.ts';
import { parseLengthOfTime } from '../operations/length-of-time.ts';
import { ORDER_BY } from '../operations/list-contacts.ts';
import { normaliseCustomerIp } from './customer-ip.ts';
import { readIdempotencyKey } from './idempotency-key.ts';

/** A check that JSON Schema has no word for: its name in our schemas and the message of its fault. */
interface Format {
  readonly type: 'string' | 'number';
  readonly validate: (value: never) => boolean;
  readonly message: string;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function isDateOrInstant(text: string): boolean {
  return isDate(text) || isDate(INSTANT.exec(text)?.[1] ?? '');
}

/** U+0000 and lone surrogates are JSON, but no text that a database keeps. */
function isText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** Every format of our schemas. The names stand in the OpenAPI document too. */
export const FORMATS = {
  credits: {
    type: 'number',
    validate: (value: number) => toMicro(value) !== undefined || Math.abs(value) > 1_000_000_000,
    message: 'must have at most 6 decimal places',
  },
  text: { type: 'string', validate: isText, message: 'must be well-formed text without U+0000' },
  email: {
    type: 'string',
    validate: (value: string) => normaliseEmail(value) !== undefined,
    message: 'must be an e-mail address',
  },
  'ip-address': {
    type: 'string',
    validate: (value: string) => normaliseCustomerIp(value) !== undefined,
    message: 'must be an IPv4 or IPv6 address',
  },
  'plain-ip-address': {
    type: 'string',
    validate: (value: string) => describeAddress(value) !== undefined,
    message: 'must be an IPv4 or IPv6 address',
  },
  'idempotency-key': {
    type: 'string',
    validate: (value: string) => readIdempotencyKey(value) !== undefined,
    message: 'must be 1 to 255 visible ASCII characters',
  },
  'date-or-instant': {
    type: 'string',
    validate: isDateOrInstant,
    message: 'must be a date such as 2030-12-31, or an instant with an offset such as 2030-12-31T12:00:00Z',
  },
  instant: {
    type: 'string',
    validate: (value: string) => parseInstant(value) !== undefined,
    message: 'must be an instant with an offset such as 2030-12-31T12:00:00Z; write + as %2B in a query',
  },
  'length-of-time': {
    type: 'string',
    validate: (value: string) => (parseLengthOfTime(value) ?? 0) > 0,
    message: 'must be a length of time such as 30d, 12h or 1d12h, more than 0',
  },
} as const satisfies Record<string, Format>;

/** The message of each pattern that our schemas use. */
export const PATTERN_MESSAGES: Readonly<Record<string, string>> = {
  '^[A-Za-z0-9]{32}$': 'must be 32 letters and digits',
  '^[A-Za-z0-9]{16}$': 'must be 16 letters and digits',
  '^[0-9]{8,12}$': 'must be an orderNumber, such as 26000001',
  [ORDER_BY.source]: 'must be a member and a direction, such as credit:desc',
  '^[0-9]{1,15}$': 'must be the nextCursor of the page before',
};
