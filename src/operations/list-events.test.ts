import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
  type TestOrganisation,
} from '../../test/harness.ts';
import type { OpenServices } from '../open-services.ts';
import { deleteOldEvents } from '../store/event-list.ts';
import { grantCredit } from './grant-credit.ts';
import { listEvents } from './list-events.ts';

let fresh: FreshDatabase;
let open: OpenServices;
let organisation: TestOrganisation;
let customer: TestCustomer;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  organisation = await makeOrganisation(open.services);
  customer = await makeCustomer(open.services, organisation.live);
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

/** Writes an event as the writer does. */
async function write(ledgerId: number, accountId: number, atMs: number, writtenDaysAgo = 0): Promise<void> {
  await open.services.database.pool.query(
    `INSERT INTO events (account_id, ledger_id, kind, at_ms, details, written_at)
     VALUES ($1, $2, 'low-balance', $3, '{"balance":12.5,"lowBalance":20}', now() - make_interval(days => $4))`,
    [accountId, ledgerId, atMs, writtenDaysAgo],
  );
}

test('events are told newest first, page by page, and new ones move no page', async () => {
  const list = (limit: number, cursor?: string) =>
    listEvents(open.services, { ledgerId: organisation.live }, { limit, cursor });
  for (let i = 1; i <= 5; i++) await write(organisation.live, customer.accountId, i * 1000);
  const first = await list(2);
  assert.deepEqual(first.items[0], {
    id: first.items[0]?.id,
    kind: 'low-balance',
    customerId: customer.cuRefNo,
    at: '1970-01-01T00:00:05.000Z',
    details: { balance: 12.5, lowBalance: 20 },
  });
  await write(organisation.live, customer.accountId, 6000);
  const second = await list(2, first.nextCursor);
  const third = await list(2, second.nextCursor);
  assert.equal(third.nextCursor, undefined);
  const seconds = [first, second, third].flatMap(({ items }) => items.map(({ at }) => Date.parse(at) / 1000));
  assert.deepEqual(seconds, [5, 4, 3, 2, 1]);
});

test('credit that expires soon is named by the entry that brought it', async () => {
  const { services } = open;
  const caller = { ledgerId: organisation.live, author: 'cli' };
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const { cuRefNo } = await makeCustomer(services, organisation.live, { credit: 5 });
  const command = { customer: { cuRefNo }, amount: 2_000_000n, expirationDate: expiresAt };
  const granted = JSON.parse((await grantCredit(services, caller, command, { requestId: 'test' })).body);
  const { items } = await listEvents(services, caller, { limit: 1 });
  const details = { transactionId: granted.transactionId, amount: 2, expiresAt };
  assert.deepEqual(items[0], { ...items[0], kind: 'credit-expiring', customerId: cuRefNo, details });
});

test('a ledger is told of its own customers alone', async () => {
  const stranger = await makeCustomer(open.services, organisation.sandbox);
  await write(organisation.sandbox, stranger.accountId, 1000);
  const { items } = await listEvents(open.services, { ledgerId: organisation.sandbox }, {});
  assert.deepEqual(
    items.map(({ customerId }) => customerId),
    [stranger.cuRefNo],
  );
});

test('events are forgotten after so many days of real time', async () => {
  const { live } = await makeOrganisation(open.services);
  const { accountId } = await makeCustomer(open.services, live);
  await write(live, accountId, 1000, 91);
  await write(live, accountId, 2000, 89);
  assert.equal(await deleteOldEvents(open.services.database.pool, 90), 1);
  const { items } = await listEvents(open.services, { ledgerId: live }, {});
  assert.deepEqual(
    items.map(({ at }) => Date.parse(at)),
    [2000],
  );
});
