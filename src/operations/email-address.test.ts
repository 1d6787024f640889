import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normaliseEmail } from './email-address.ts';

test('an address is stored trimmed and in lower case', () => {
  assert.equal(normaliseEmail('  Customer@Example.COM\n'), 'customer@example.com');
  assert.equal(normaliseEmail("o'neil+shop.1@mail.example.co.uk"), "o'neil+shop.1@mail.example.co.uk");
});

const NO_ADDRESSES = {
  'nothing at all': '',
  'no at sign': 'customer.example.com',
  'no local part': '@example.com',
  'no domain': 'customer@',
  'two at signs': 'a@b@example.com',
  'a space inside': 'a b@example.com',
  'a dot at the edge of the local part': '.customer@example.com',
  'two dots in the local part': 'cust..omer@example.com',
  'a domain without a dot': 'customer@localhost',
  'a domain that ends with a dot': 'customer@example.com.',
  'a label that begins with a hyphen': 'customer@-example.com',
  'a label of 64 characters': `customer@${'a'.repeat(64)}.com`,
  'a number as domain': 'customer@127.0.0.1',
  'letters beyond ASCII in the domain': 'customer@exämple.com',
  'letters beyond ASCII in the local part': 'čustomer@example.com',
  'a Kelvin sign, whose lower case is an ASCII k': '\u212A@example.com',
  'a line break inside': 'customer@example.com\nBcc: x@example.com',
  'a local part of 65 characters': `${'a'.repeat(65)}@example.com`,
  'more than 254 characters': `a@${'abcdefgh.'.repeat(28)}example`,
};

for (const [what, text] of Object.entries(NO_ADDRESSES)) {
  test(`${what} is no e-mail address`, () => assert.equal(normaliseEmail(text), undefined));
}

test('an address of exactly 254 characters is one', () => {
  const domain = `${'abcdefgh.'.repeat(27)}examples`;
  const email = `${'a'.repeat(254 - domain.length - 1)}@${domain}`;
  assert.equal(email.length, 254);
  assert.equal(normaliseEmail(email), email);
  assert.equal(normaliseEmail(`a${email}`), undefined);
});

test('the placeholder of who was erased is no address, so that it names nobody', () => {
  assert.equal(normaliseEmail('erased-pX2vT9cQe4LmZ7aB@erased.invalid'), undefined);
  assert.equal(normaliseEmail(' X@ERASED.invalid '), undefined);
  assert.equal(normaliseEmail('x@sub.erased.invalid'), 'x@sub.erased.invalid');
});
