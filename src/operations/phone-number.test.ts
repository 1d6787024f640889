import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callingCodeOf, leadingCallingCode } from './calling-codes.ts';
import { normalisePhone } from './phone-number.ts';

test('a number with its country code is stored in the one published form', () => {
  for (const written of [
    '+420777123456',
    '+420 777 123 456',
    ' +420 777-123-456 ',
    '00420 777 123 456',
    '+420 (777) 123.456',
    '+420\u00a0777\u2011123\u2011456',
    '(+420) 777 123 456',
    '+420 777 123456',
  ])
    assert.equal(normalisePhone(written), '+420 777123456', written);
  assert.equal(normalisePhone('+44 (0)20 7946 0018'), '+44 2079460018');
  assert.equal(normalisePhone('+1 (415) 555-2671'), '+1 4155552671');
  assert.equal(normalisePhone('+7 495 123-45-67'), '+7 4951234567');
  assert.equal(normalisePhone('+39 06 698 12345'), '+39 0669812345');
  assert.equal(normalisePhone('+353 1 234 5678', 'CZ'), '+353 12345678');
});

test('a number without a country code gets that of the country, and loses what is dialled only there', () => {
  const cases = [
    ['777 123 456', 'CZ', '+420 777123456'],
    ['420 777 123 456', 'CZ', '+420 777123456'],
    ['0171 1234567', 'DE', '+49 1711234567'],
    ['020 7946 0018', 'GB', '+44 2079460018'],
    ['06 698 12345', 'IT', '+39 0669812345'],
    ['06 20 123 4567', 'HU', '+36 201234567'],
    ['8 495 123-45-67', 'RU', '+7 4951234567'],
    ['8029 1234567', 'BY', '+375 291234567'],
    ['(415) 555-2671', 'US', '+1 4155552671'],
    ['1 415 555 2671', 'CA', '+1 4155552671'],
    ['55 91234 5678', 'BR', '+55 55912345678'],
  ] as const;
  for (const [written, country, stored] of cases) {
    assert.equal(normalisePhone(written, country), stored, `${written} ${country}`);
  }
  for (const country of [undefined, null, '', 'XX', 'cz'])
    assert.equal(normalisePhone('777123456', country), 'no-country');
});

test('what is no phone number is refused', () => {
  for (const written of [
    '',
    ' ',
    '+',
    'abc',
    '+420 777 123 456 ext. 5',
    '+420 77',
    '+999 777123456',
    '+0 777123456',
    '++420777123456',
    '+420+777123456',
    '+4207771234567890',
    '٧٧٧١٢٣٤٥٦',
    '+420 777123456;',
  ])
    assert.equal(normalisePhone(written, 'CZ'), undefined, written);
});

test('no calling code is the beginning of another, and every country has one', () => {
  const codes = new Set<string>();
  for (let number = 1; number < 1_000; number++) {
    const code = leadingCallingCode(`${number}00000000`);
    if (code === undefined) continue;
    codes.add(code);
    for (const other of codes) assert.ok(other === code || !code.startsWith(other), `${code} ${other}`);
  }
  assert.ok(codes.size > 200);
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i));
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  // What the list of regions has beside countries: unions, reserved and withdrawn codes, islands without telephone.
  const notCountries = new Set([
    ...['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ'],
    ...[
      'AN',
      'BU',
      'CS',
      'CT',
      'DD',
      'DY',
      'FQ',
      'FX',
      'HV',
      'JT',
      'MI',
      'NH',
      'NQ',
      'NT',
      'PC',
      'PU',
      'PZ',
      'RH',
    ],
    ...['SU', 'TP', 'UK', 'VD', 'WK', 'YD', 'YU', 'ZR'],
  ]);
  for (const first of letters) {
    for (const second of letters) {
      const country = first + second;
      if (names.of(country) === undefined || notCountries.has(country)) continue;
      assert.notEqual(callingCodeOf(country), undefined, `${country} ${names.of(country)}`);
    }
  }
});
