import { toMicro } from '../ledger/amount.ts';
import { alone } from '../store/alone.ts';
import { readFirstStart, writeFirstStart } from '../store/first-start-state.ts';
import { findOrganisation, listLedgers, listOrganisations } from '../store/organisations.ts';
import { createCustomer } from './create-customer.ts';
import { createKey } from './create-key.ts';
import { createOrganisation } from './create-organisation.ts';
import { grantCredit } from './grant-credit.ts';
import { listKeys } from './list-keys.ts';
import { magicAuth } from './magic-auth.ts';
import { revokeKey } from './revoke-key.ts';
import type { Caller, Services } from './services.ts';

/** What a first start has made, with its secrets, which are told this one time. */
export interface Sample {
  readonly organisation: string;
  readonly apiKey: string;
  readonly identityId: string;
  readonly email: string;
}

const NAME = 'My organisation';
const SLUG = 'my-organisation';
const CURRENCY = 'EUR';
const EMAIL = 'customer@example.com';
const KEY_DESCRIPTION = 'made by the first start';
// The balance of the published example.
const CREDIT = 510;

/**
 * On a database without an organisation makes one, with a DEV_ key and a sample customer who has 510 credits in
 * the sandbox. Of several processes one does it. A start that was killed in between is taken up again: what is
 * there is used, and a key that may never have been shown is replaced.
 *
 * @param announce shows the secrets; only then the first start counts as done.
 */
export async function runFirstStart(services: Services, announce: (sample: Sample) => void): Promise<void> {
  const { pool } = services.database;
  if ((await readFirstStart(pool)) === 'done') return;
  await alone(services.database, 'firstStart', async () => {
    const state = await readFirstStart(pool);
    if (state === 'done') return;
    if (state === undefined) {
      // The operator was faster, with the command line.
      const taken = (await listOrganisations(pool)).length > 0;
      await writeFirstStart(pool, taken ? 'done' : 'begun');
      if (taken) return;
    }
    announce(await makeSample(services));
    await writeFirstStart(pool, 'done');
  });
}

async function makeSample(services: Services): Promise<Sample> {
  const { pool } = services.database;
  if (!(await findOrganisation(pool, SLUG))) {
    await createOrganisation(services, { name: NAME, slug: SLUG, currency: CURRENCY, timeZone: 'UTC' });
  }
  const caller: Caller = { ledgerId: await findSandbox(services), author: 'cli' };
  const customer = await createCustomer(services, caller, { email: EMAIL });
  const granted = await grantCredit(
    services,
    caller,
    { customer: { cuRefNo: customer.cuRefNo }, amount: toMicro(CREDIT) ?? 0n, description: 'Sample credit' },
    // The key makes it happen once, however often the first start is taken up again.
    { requestId: 'first-start', idempotencyKey: 'first-start' },
  );
  if (granted.status !== 200) throw new Error(`The sample credit was refused: ${granted.body}`);
  const login = await magicAuth(services, caller, { email: EMAIL });
  if (!login.success) throw new Error(`The sample customer got no session: ${login.message}`);
  const { apiKey } = await makeKey(services);
  return { organisation: SLUG, apiKey, identityId: login.identityId, email: EMAIL };
}

async function makeKey(services: Services): Promise<{ apiKey: string }> {
  for (const key of await listKeys(services, { organisation: SLUG })) {
    const unseen = key.description === KEY_DESCRIPTION && key.deletedAt === null;
    if (unseen) await revokeKey(services, { apiKey: key.apiKeyId });
  }
  return createKey(services, { kind: 'DEV', organisation: SLUG, description: KEY_DESCRIPTION });
}

async function findSandbox(services: Services): Promise<number> {
  const ledgers = await listLedgers(services.database.pool);
  const sandbox = ledgers.find((ledger) => ledger.organisationSlug === SLUG && ledger.kind === 'sandbox');
  if (!sandbox) throw new Error('The sandbox of the first organisation is missing.');
  return sandbox.ledgerId;
}
