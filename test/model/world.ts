import { createCustomer } from '../../src/operations/create-customer.ts';
import { createOrganisation } from '../../src/operations/create-organisation.ts';
import { grantCredit } from '../../src/operations/grant-credit.ts';
import { holdCredit } from '../../src/operations/hold-credit.ts';
import { logOut } from '../../src/operations/log-out.ts';
import { magicAuth } from '../../src/operations/magic-auth.ts';
import { moveSandboxClock } from '../../src/operations/move-sandbox-clock.ts';
import type { Caller, DecidedAnswer, Services } from '../../src/operations/services.ts';
import { spendCredit } from '../../src/operations/spend-credit.ts';
import { REFUSALS, Refusal } from '../../src/refusals.ts';
import { freshDatabase, openTestServices } from '../harness.ts';

/** A customer of the system under test. */
export interface TestCustomer {
  readonly accountId: number;
  readonly cuRefNo: string;
  readonly email: string;
  readonly living: string;
  /** An identity that has logged out. */
  readonly ended: string;
}

/** A customer of another ledger, of whom the main one must know nothing. */
export interface Stranger extends TestCustomer {
  readonly transactionId: string;
  readonly holdId: string;
}

/** Whose months are those of the model: its clocks change twice a year and its day is far ahead of UTC's. */
export const TIME_ZONE = 'Pacific/Auckland';

/** The real system: operations and writer on a real database, in a sandbox whose clock can be moved forward. */
export interface World {
  readonly services: Services;
  /** A sandbox; a new one at each `renew`, since a clock can be moved by ten years in all. */
  readonly main: Caller;
  readonly other: Caller;
  readonly stranger: Stranger;
  /** The main ledger's present time. */
  readClockMs(): Promise<number>;
  moveClock(toMs: number): Promise<void>;
  newCustomer(): Promise<TestCustomer>;
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a system with one organisation on a database of its own. */
export async function openWorld(): Promise<World> {
  const fresh = await freshDatabase();
  const { services, stop } = await openTestServices(fresh);
  const { database } = services;
  let place = await makePlace(services, 1);
  let organisations = 1;
  let customers = 0;
  return {
    services,
    get main() {
      return place.main;
    },
    get other() {
      return place.other;
    },
    get stranger() {
      return place.stranger;
    },
    async readClockMs() {
      const { rows } = await database.pool.query<{ ms: string }>(
        `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + clock_offset_ms AS ms
         FROM ledgers WHERE ledger_id = $1`,
        [place.main.ledgerId],
      );
      return Number(rows[0]?.ms);
    },
    async moveClock(toMs) {
      await moveSandboxClock(services, place.main, { to: new Date(toMs).toISOString() });
    },
    newCustomer: () => makeCustomer(services, place.main, `customer${++customers}@example.com`),
    async renew() {
      place = await makePlace(services, ++organisations);
    },
    async close() {
      await stop();
      await fresh.drop();
    },
  };
}

/** An organisation with both its ledgers. */
async function makePlace(services: Services, number: number) {
  const slug = `model-${number}`;
  await createOrganisation(services, { name: 'Model', slug, currency: 'CZK', timeZone: TIME_ZONE });
  const { rows } = await services.database.pool.query<{ ledgerId: string }>(
    `SELECT ledger_id AS "ledgerId" FROM ledgers JOIN organisations USING (organisation_id)
     WHERE slug = $1 ORDER BY kind`,
    [slug],
  );
  const [other, main] = rows.map(({ ledgerId }): Caller => ({ ledgerId: Number(ledgerId), author: 'cli' }));
  if (!main || !other) throw new Error('an organisation has two ledgers');
  return { main, other, stranger: await makeStranger(services, other) };
}

async function makeStranger(services: Services, caller: Caller): Promise<Stranger> {
  const customer = await makeCustomer(services, caller, 'stranger@example.com');
  const { cuRefNo, living: identityId } = customer;
  const request = { requestId: 'model' };
  await grantCredit(services, caller, { customer: { cuRefNo }, amount: 10n }, request);
  const spent = await spendCredit(services, caller, { identityId, amount: 1n }, request);
  const held = await holdCredit(services, caller, { identityId, amount: 1n }, request);
  const { transactionId } = JSON.parse(spent.body) as { transactionId: string };
  const { holdId } = JSON.parse(held.body) as { holdId: string };
  return { ...customer, transactionId, holdId };
}

async function makeCustomer(services: Services, caller: Caller, email: string): Promise<TestCustomer> {
  const { accountId, cuRefNo } = await createCustomer(services, caller, { email });
  const living = await logIn(services, caller, email);
  const ended = await logIn(services, caller, email);
  await logOut(services, caller, { identityId: ended });
  return { accountId, cuRefNo, email, living, ended };
}

async function logIn(services: Services, caller: Caller, email: string): Promise<string> {
  const answer = await magicAuth(services, caller, { email });
  if (!answer.success) throw new Error(answer.message);
  return answer.identityId;
}

/** What was answered, whether it was returned or thrown. */
export interface Observed {
  readonly status: number;
  readonly code?: string | undefined;
  /** Members of a refusal beside those that every refusal has. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Members of a success. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly replayed: boolean;
  /** The bytes that a replay must repeat. */
  readonly body?: string | undefined;
}

/** Waits for the answer of an operation; a Refusal that it throws is an answer too, anything else a bug. */
export async function observe(answer: Promise<DecidedAnswer>): Promise<Observed> {
  try {
    const { status, body, replayed } = await answer;
    const { success, error, ...members } = JSON.parse(body) as {
      success: boolean;
      error?: Record<string, unknown> & { code: string };
    };
    if (success !== (status === 200)) throw new Error(`status ${status} with ${body}`);
    const refusal = error && { code: error.code, details: detailsOf(error) };
    return { status, members, ...refusal, replayed, body };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, details } = error;
    return { status: REFUSALS[code].status, code, details: detailsOf(details), members: {}, replayed: false };
  }
}

function detailsOf({
  code: _,
  message: __,
  description: ___,
  requestId: ____,
  errors: _____,
  ...details
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return details;
}
