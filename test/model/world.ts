import { createCustomer } from '../../src/operations/create-customer.ts';
import { createOrganisation } from '../../src/operations/create-organisation.ts';
import { logOut } from '../../src/operations/log-out.ts';
import { magicAuth } from '../../src/operations/magic-auth.ts';
import type { Caller, DecidedAnswer, Services } from '../../src/operations/services.ts';
import { REFUSALS, Refusal } from '../../src/refusals.ts';
import { openAccountLedgers } from '../../src/store/account-ledgers.ts';
import { openIdCipher } from '../../src/store/installation.ts';
import { openSessionNames } from '../../src/store/session-names.ts';
import { startWriter } from '../../src/writer/writer.ts';
import { freshDatabase, openTestDatabase, testLog } from '../harness.ts';

/** A customer of the system under test. */
export interface TestCustomer {
  readonly accountId: number;
  readonly cuRefNo: string;
  readonly email: string;
  readonly living: string;
  /** An identity that has logged out. */
  readonly ended: string;
}

/** The real system: operations and writer on a real database, with a clock that can be moved forward. */
export interface World {
  readonly services: Services;
  readonly live: Caller;
  readonly sandbox: Caller;
  /** A customer of the sandbox, of whom live keys must know nothing. */
  readonly stranger: TestCustomer;
  /** What the ledgers' clocks are ahead of the database's, in milliseconds. */
  readonly clock: { offsetMs: number };
  newCustomer(): Promise<TestCustomer>;
  close(): Promise<void>;
}

/** Opens a system with one organisation on a database of its own. */
export async function openWorld(): Promise<World> {
  const fresh = await freshDatabase();
  const database = openTestDatabase(fresh);
  const ids = await openIdCipher(database);
  const clock = { offsetMs: 0 };
  const clockOffsetMs = () => clock.offsetMs;
  const writer = startWriter({ database, ids, log: testLog, clockOffsetMs });
  const sessionNames = openSessionNames(database);
  const accountLedgers = openAccountLedgers(database);
  const services: Services = {
    ...{ database, writer, sessionNames, accountLedgers },
    ...{ ids, log: testLog, clockOffsetMs },
  };
  await createOrganisation(services, { name: 'Model', currency: 'CZK', timeZone: 'UTC' });
  const { rows } = await database.pool.query<{ ledgerId: string }>(
    'SELECT ledger_id AS "ledgerId" FROM ledgers ORDER BY kind',
  );
  const [live, sandbox] = rows.map(({ ledgerId }): Caller => ({ ledgerId: Number(ledgerId), author: 'cli' }));
  if (!live || !sandbox) throw new Error('an organisation has two ledgers');
  let customers = 0;
  const newCustomer = async (caller: Caller): Promise<TestCustomer> => {
    const email = `customer${++customers}@example.com`;
    const { accountId, cuRefNo } = await createCustomer(services, caller, { email });
    const living = await logIn(services, caller, email);
    const ended = await logIn(services, caller, email);
    await logOut(services, caller, { identityId: ended });
    return { accountId, cuRefNo, email, living, ended };
  };
  return {
    services,
    live,
    sandbox,
    stranger: await newCustomer(sandbox),
    clock,
    newCustomer: () => newCustomer(live),
    async close() {
      await writer.stop();
      await database.close();
      await fresh.drop();
    },
  };
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
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly transactionId?: string | undefined;
  readonly oldCreditBalance?: number | undefined;
  readonly newCreditBalance?: number | undefined;
  readonly replayed: boolean;
  /** The bytes that a replay must repeat. */
  readonly body?: string | undefined;
}

/** Waits for the answer of an operation; a Refusal that it throws is an answer too, anything else a bug. */
export async function observe(answer: Promise<DecidedAnswer | undefined>): Promise<Observed> {
  try {
    const decided = await answer;
    return decided ? observeDecided(decided) : { status: 200, replayed: false };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, details } = error;
    return { status: REFUSALS[code].status, code, details: numbersOf(details), replayed: false };
  }
}

function observeDecided({ status, body, replayed }: DecidedAnswer): Observed {
  const answer = JSON.parse(body) as {
    success: boolean;
    transactionId?: string;
    oldCreditBalance?: number;
    newCreditBalance?: number;
    error?: Record<string, unknown> & { code: string };
  };
  const { transactionId, oldCreditBalance, newCreditBalance, error } = answer;
  if (answer.success !== (status === 200)) throw new Error(`status ${status} with ${body}`);
  const refusal = error && { code: error.code, details: numbersOf(error) };
  return { status, transactionId, oldCreditBalance, newCreditBalance, ...refusal, replayed, body };
}

function numbersOf(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => typeof value === 'number'));
}
