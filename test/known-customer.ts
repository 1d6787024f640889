/** A customer of whom something personal stands wherever it can, and a look at where it still does. */
import { randomBytes } from 'node:crypto';
import { hashSecret } from '../src/ids.ts';
import { toMicro } from '../src/ledger/amount.ts';
import { setLimits } from '../src/operations/change-account.ts';
import { applyProfile } from '../src/operations/customer-profile.ts';
import { exportCustomer } from '../src/operations/export-customer.ts';
import { grantCredit } from '../src/operations/grant-credit.ts';
import { holdCredit } from '../src/operations/hold-credit.ts';
import type { Caller, Services } from '../src/operations/services.ts';
import { spendCredit } from '../src/operations/spend-credit.ts';
import { updateContact } from '../src/operations/update-contact.ts';
import { inTransaction } from '../src/store/database.ts';
import { insertSession } from '../src/store/sessions.ts';
import { makeCustomer, type TestCustomer } from './harness.ts';

const micro = (credits: number) => toMicro(credits) ?? 0n;

/** A word that stands in everything personal of the customer that is made with it. */
export const newWord = () => `word${randomBytes(6).toString('hex')}`;

/** The address that such a customer's requests come from. */
export const ADDRESS = '203.0.113.77';

/** @returns the tables in which a text stands anywhere. */
export async function tablesWith({ database: { pool } }: Services, text: string): Promise<string[]> {
  // Contexts of addresses are those of the addresses, whoever used them.
  const { rows } = await pool.query<{ schema: string; name: string }>(
    `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'
       AND table_name <> 'ip_contexts'`,
  );
  const found: string[] = [];
  for (const { schema, name } of rows) {
    const hits = await pool.query(`SELECT FROM ${schema}.${name} t WHERE t::text LIKE $1 LIMIT 1`, [
      `%${text}%`,
    ]);
    if (hits.rows.length > 0) found.push(name);
  }
  return found.sort();
}

/** Adds a row; its members are named as the columns are. */
export async function insertRow(
  { database }: Services,
  table: string,
  row: Record<string, unknown>,
): Promise<void> {
  const columns = Object.keys(row);
  await database.pool.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
}

/** Makes a customer of whom something personal stands in every table that can have any. */
export async function makeKnownCustomer(
  services: Services,
  caller: Caller,
  word: string,
): Promise<TestCustomer> {
  const customer = await makeCustomer(services, caller.ledgerId, { email: `${word}@example.com` });
  const { accountId, cuRefNo, identityId } = customer;
  const named = { cuRefNo };
  const texts = ['name', 'firstName', 'lastName', 'companyName', 'companyRegistrationNumber', 'city'];
  const others = ['taxIdentificationNumber', 'streetAddress', 'cityPart', 'stateRegion', 'postalCode'];
  const profile = Object.fromEntries([...texts, ...others].map((member) => [member, word]));
  await inTransaction(services.database, async (tx) => {
    await applyProfile(tx, accountId, {
      ...profile,
      phone: `+420 ${word}`,
      country: word,
      primaryLocale: word,
    });
    const session = { identityHash: hashSecret(word), accountId, ledgerId: caller.ledgerId };
    await insertSession(tx, { ...session, createdFrom: ADDRESS });
  });
  await updateContact(services, caller, { customer: named, groups: [word], meta: { [word]: [word] } });
  const request = { requestId: 'test' };
  const order = { orderNumber: '26000001', groupName: word };
  await grantCredit(
    services,
    caller,
    { customer: named, amount: micro(100), description: word, order },
    { ...request, idempotencyKey: 'once' },
  );
  const spend = { identityId, amount: micro(1), description: word, customerRealIp: ADDRESS };
  await spendCredit(services, caller, spend, request);
  await holdCredit(services, caller, { ...spend, amount: micro(2) }, request);
  await setLimits(services, caller, { customer: named, debtLimit: micro(1), reason: word });
  const hash = { password_hash: `$argon2id$${word}` };
  const ends = { expires_at: new Date(Date.now() + 3_600_000) };
  await insertRow(services, 'passwords', { account_id: accountId, ...hash });
  await insertRow(services, 'registrations', {
    ...{ token_hash: hashSecret(`${word} 1`), account_id: accountId, ...hash, ...ends },
    ...{ profile: JSON.stringify({ name: word }), return_url: `https://${word}.example.com` },
  });
  await insertRow(services, 'password_resets', {
    token_hash: hashSecret(`${word} 2`),
    account_id: accountId,
    ...ends,
  });
  const message = { kind: 'reset-password', token: word, expiresAt: ends.expires_at } as const;
  await inTransaction(services.database, (tx) =>
    services.mails.add(tx, { ledgerId: caller.ledgerId, accountId, recipient: customer.email, message }),
  );
  await insertRow(services, 'orders', {
    ...{ ledger_id: caller.ledgerId, account_id: accountId, order_number: word, currency: 'EUR' },
    ...{ hash: randomBytes(16).toString('hex'), state: 'waiting', order_group_id: word, ip: ADDRESS },
    ...{ return_url: `https://${word}.example.com`, notification_url: word, author: 'cli' },
  });
  await services.database.pool.query(`UPDATE orders SET order_number = hash WHERE order_number = $1`, [word]);
  return customer;
}

/** @returns the whole export as text, without the instant at which it was made. */
export async function exportText(
  services: Services,
  caller: Caller,
  { cuRefNo }: Pick<TestCustomer, 'cuRefNo'>,
): Promise<string> {
  let text = '';
  for await (const piece of await exportCustomer(services, caller, { cuRefNo })) text += piece;
  return text.replace(/"exportedAt":"[^"]*",/, '');
}
