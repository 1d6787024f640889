import { toMicro } from '../ledger/amount.ts';
import { inTransaction } from '../store/database.ts';
import { listLedgers } from '../store/organisations.ts';
import { createCustomer } from './create-customer.ts';
import { createKey } from './create-key.ts';
import { createOrganisation } from './create-organisation.ts';
import { createSession } from './create-session.ts';
import { grantCredit } from './grant-credit.ts';
import type { Caller, Services } from './services.ts';
import { spendCredit } from './spend-credit.ts';

/** The key and the identity of the published example, which the demo alone accepts. */
export const SAMPLE_API_KEY = 'PRODPGrFxpGEtrOZfuWhnoJohUYBXuOE';
export const SAMPLE_IDENTITY = 'Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg';

const SLUG = 'demo';
const REQUEST = { requestId: 'demo' };

/**
 * Fills a new database with made-up data in which the published example answers with the published numbers: a
 * live ledger whose sample customer has 510 credits.
 */
export async function prepareDemo(services: Services): Promise<void> {
  await createOrganisation(services, {
    name: 'Demo',
    slug: SLUG,
    currency: 'CZK',
    timeZone: 'Europe/Prague',
  });
  const ledgers = await listLedgers(services.database.pool);
  const ledgerId = ledgers.find((ledger) => ledger.kind === 'live')?.ledgerId;
  if (ledgerId === undefined) throw new Error('The live ledger of the demo is missing.');
  const caller: Caller = { ledgerId, author: 'cli' };
  await createKey(services, { kind: 'PROD', organisation: SLUG, apiKey: SAMPLE_API_KEY });
  const { accountId, cuRefNo } = await createCustomer(services, caller, {
    email: 'customer@example.com',
    firstName: 'Sample',
    lastName: 'Customer',
  });
  await inTransaction(services.database, (tx) =>
    createSession(tx, { accountId, ledgerId, identity: SAMPLE_IDENTITY }),
  );
  await makeHistory(services, caller, cuRefNo);
}

/** Two top-ups and what was spent of them, so that the log has something to show: 500 + 160 - 150 = 510. */
async function makeHistory(services: Services, caller: Caller, cuRefNo: string): Promise<void> {
  const grant = (amount: number, amountMoney: number, orderNumber: string) =>
    grantCredit(
      services,
      caller,
      {
        customer: { cuRefNo },
        amount: micro(amount),
        amountMoney: micro(amountMoney),
        description: `Order ${orderNumber}`,
        order: { orderNumber },
      },
      REQUEST,
    );
  const spend = (amount: number, description: string) =>
    spendCredit(
      services,
      caller,
      { identityId: SAMPLE_IDENTITY, amount: micro(amount), description },
      REQUEST,
    );
  const answers = [
    await grant(500, 450, '25000086'),
    await spend(110, 'video.rewrite:16m'),
    await spend(40, 'image.upscale'),
    await grant(160, 150, '25000087'),
  ];
  for (const { status, body } of answers) {
    if (status !== 200) throw new Error(`The demo's history was refused: ${body}`);
  }
}

function micro(amount: number): bigint {
  const value = toMicro(amount);
  if (value === undefined) throw new Error(`${amount} is no amount.`);
  return value;
}
