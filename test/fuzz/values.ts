import type { TestCustomer } from '../harness.ts';
import type { Chance } from './chance.ts';
import type { ValueSchema } from './operations.ts';

/** What valid requests name: a customer, and holds and transactions of which most are its own. */
export interface Known {
  readonly own: TestCustomer;
  readonly holds: string[];
  readonly transactions: string[];
  readonly orders: KnownOrder[];
  /** From links in mails; they work no more, or never did. */
  readonly tokens: readonly string[];
  /** Customers whom nobody minds losing, with a session each. */
  readonly spare: readonly TestCustomer[];
}

/** An order by both its names. */
export interface KnownOrder {
  readonly orderNumber: string;
  readonly hash: string;
}

/** The origin that return and notification addresses may lead to. */
export const SHOP = 'https://shop.example.com';

const DAY_MS = 86_400_000;

/** JSON text of a value that a schema accepts; members that name something name what exists. */
export function validText(chance: Chance, name: string, schema: ValueSchema, known: Known): string {
  const { own, holds, transactions, orders, tokens, spare } = known;
  switch (name) {
    case 'identityId':
      return JSON.stringify(own.identityId);
    case 'cuRefNo':
    case 'customerId':
    case 'managedBy':
      return JSON.stringify(own.cuRefNo);
    case 'id':
      return JSON.stringify(chance.pick(spare).cuRefNo);
    case 'phone':
      return chance.pick(['"+420 777 123 456"', '""']);
    case 'country':
      return chance.pick(['"cz"', '""']);
    case 'primaryLocale':
      return chance.pick(['"cs"', '"en_gb"']);
    case 'orderBy':
      return chance.pick(['"credit:desc"', '"email:asc"']);
    case 'email':
      return JSON.stringify(chance.pick([own.email, ` ${own.email.toUpperCase()} `]));
    case 'referralId':
      return JSON.stringify(chance.pick([own.cuRefNo, 'x'.repeat(16)]));
    case 'holdId':
      return JSON.stringify(chance.pick(holds));
    case 'transactionId':
      return JSON.stringify(chance.pick(transactions));
    case 'hash':
      return JSON.stringify(chance.pick(orders).hash);
    case 'orderId':
      return JSON.stringify(chance.pick(orders).orderNumber);
    case 'token':
      return JSON.stringify(chance.pick(tokens));
    case 'password':
      return chance.pick(['"correct horse battery staple"', '"žluťoučký 😀"', '"\\"\\\\ </script>"']);
    case 'expirationTime':
      return chance.pick(['"1m"', '"3h 20m"']);
    case 'currency':
      return '"CZK"';
    case 'returnUrl':
    case 'notificationUrl':
      return JSON.stringify(`${SHOP}/${chance.pick(['', 'thanks?a=1', 'žluťoučký'])}`);
    case 'confirm':
      return '"spare"';
    case 'to':
      return JSON.stringify(new Date(Date.now() + chance.below(3_000) * DAY_MS).toISOString());
    default:
      return validValue(chance, schema, known);
  }
}

function validValue(chance: Chance, schema: ValueSchema, known: Known): string {
  if (schema.type === 'object') return objectText(validMembers(chance, schema, known));
  if (schema.type === 'array') {
    const members = Array.from({ length: 1 + chance.below(3) }, () =>
      validValue(chance, schema.items ?? {}, known),
    );
    return `[${members.join(',')}]`;
  }
  if (schema.type === 'boolean') return chance.pick(['true', 'false']);
  if (schema.format === 'credits') return chance.pick(['1', '0.000001', '1e1', '12.50', '3.0000000']);
  if (schema.type === 'integer') return String((schema.minimum ?? 0) + chance.below(50));
  switch (schema.format) {
    case 'plain-ip-address':
      return chance.pick([
        '"1.1.1.1"',
        '"2001:4860:4860::8888"',
        '"::1"',
        '"64:ff9b::808:808"',
        '"10.0.0.1"',
      ]);
    case 'ip-address':
      return chance.pick(['"1.1.1.1"', '"2001:4860:4860::8888"', '"localhost"', '""', '"::1"', '"0.0.0.0"']);
    case 'date-or-instant':
      return chance.pick(['"2999-12-31"', '"2999-02-28T23:59:59.999+05:30"']);
    case 'instant':
      return chance.pick(['"2026-01-01T00:00:00Z"', '"2001-02-28T23:59:59.999+05:30"']);
    case 'length-of-time':
      return chance.pick(['"1s"', '"1m1s"', '"1h"']);
    case 'idempotency-key':
      return '"known-key"';
    default:
      return JSON.stringify(chance.pick(['a', 'video.rewrite:15m', 'žluťoučký 😀', '"\\', '</script>']));
  }
}

/** Members of an object that its schema accepts: all required ones, some of the others. */
export function validMembers(chance: Chance, schema: ValueSchema, known: Known): Map<string, string> {
  const { properties = {}, required = [], exactlyOneOf = [], atLeastOneOf = [] } = schema;
  const one = exactlyOneOf.length > 0 ? chance.pick(exactlyOneOf) : undefined;
  const least = atLeastOneOf.length > 0 ? chance.pick(atLeastOneOf) : undefined;
  const members = new Map<string, string>();
  for (const [name, property] of Object.entries(properties)) {
    const wanted = exactlyOneOf.includes(name)
      ? name === one
      : name === least || required.includes(name) || chance.happens(0.4);
    if (wanted) members.set(name, validText(chance, name, property, known));
  }
  return members;
}

/** JSON text of an object with these members, each value being JSON text already. */
export function objectText(members: ReadonlyMap<string, string>): string {
  return `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

/** JSON texts that lie on or beyond the bounds of what a member accepts. */
export function oddTexts(schema: ValueSchema): string[] {
  const texts = [
    'null',
    'true',
    '-1',
    '"x"',
    '""',
    '[]',
    '{}',
    '[[1]]',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udfff a"',
  ];
  texts.push('0', '-0', '1e400', '1e-400', '0.0000001', '9007199254740993', '1'.repeat(400), '-1e308');
  if (schema.maximum !== undefined)
    texts.push(String(schema.maximum), `${schema.maximum}.000001`, String(schema.maximum + 1));
  if (schema.minimum !== undefined) texts.push(String(schema.minimum), String(schema.minimum - 1));
  const length = schema.maxLength ?? 32;
  texts.push(
    JSON.stringify('a'.repeat(length)),
    JSON.stringify('a'.repeat(length + 1)),
    JSON.stringify('😀'.repeat(length)),
  );
  // What is read with care for blanks, dots or digits must not take long over many of them.
  for (const many of [' ', '.', '1', '-', 'a.', '+'])
    texts.push(JSON.stringify(`1w${many.repeat(20_000)}@x`));
  texts.push(
    '"999.1.1.1"',
    '"fe80::1%1"',
    '"010.0.0.1"',
    '"2030-02-30"',
    '"2001-01-01"',
    '"2030-12-31T24:00:00Z"',
    '"a@b"',
  );
  return texts;
}
