import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { inTransaction } from '../../src/store/database.ts';
import { replacePassword } from '../../src/store/passwords.ts';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeKey,
  makeOrganisation,
  openTestServices,
  startServer,
  type TestServer,
} from '../harness.ts';
import { call, closeConnections } from '../history/call.ts';
import type { Target } from './guesser.ts';

const LOGINS = 1_000;
const SPENDERS = 32;
const ALONE_MS = 1_500;
/** Other work on the machine spoils a round now and then; logins that are in the way spoil all of them. */
const ROUNDS = 4;

let fresh: FreshDatabase;
let server: TestServer;
let guesser: Worker;
let apiKey: string;
/** E-mail addresses of customers with a password. */
const emails: string[] = [];

let spent = 0;
let isSpending = true;
let spending: Promise<unknown>;

before(async () => {
  fresh = await freshDatabase();
  const { services, stop } = await openTestServices(fresh);
  const { slug, live } = await makeOrganisation(services);
  apiKey = await makeKey(services, 'PROD', slug);
  const hash = await services.passwords.hash('the right password');
  for (let i = 0; i < LOGINS; i++) {
    const { accountId, email } = await makeCustomer(services, live);
    await inTransaction(services.database, (tx) => replacePassword(tx, accountId, hash));
    emails.push(email);
  }
  const identities: string[] = [];
  for (let i = 0; i < SPENDERS; i++) {
    identities.push((await makeCustomer(services, live, { credit: 1_000_000 })).identityId);
  }
  await stop();
  server = await startServer({ databaseUrl: fresh.url });
  const workerData: Target = { url: server.url, apiKey };
  guesser = new Worker(new URL('./guesser.ts', import.meta.url), { workerData });
  spending = Promise.all(identities.map(spend));
});
after(async () => {
  isSpending = false;
  await spending;
  closeConnections();
  await guesser.terminate();
  await server.stop();
  await fresh.drop();
});

async function spend(identityId: string): Promise<void> {
  const body = { identityId, amount: 0.000001 };
  while (isSpending) {
    const result = await call(server.url, {
      method: 'POST',
      path: '/api/v1/customer/credit-spend',
      apiKey,
      body,
    });
    assert.ok(result.kind === 'answered' && result.status === 200, JSON.stringify(result));
    spent += 1;
  }
}

/** @returns how many spends a second are answered while the work goes on. */
async function spendsDuring(work: () => Promise<unknown>): Promise<number> {
  const [before, startedAt] = [spent, performance.now()];
  await work();
  return ((spent - before) * 1_000) / (performance.now() - startedAt);
}

/** Logs in wrongly, all at once. @returns how many got each answer. */
async function guess(addresses: readonly string[]): Promise<Map<string, number>> {
  guesser.postMessage(addresses);
  const answers = await new Promise<string[]>((resolve) => guesser.once('message', resolve));
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return counts;
}

const alone = () => spendsDuring(() => sleep(ALONE_MS));

/** @returns the best ratio of some rounds, each of its own three neighbouring figures, and the answers of all. */
async function compareWith(addresses: readonly string[]) {
  const answers: Map<string, number>[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS && Math.max(0, ...ratios) < 0.5; round++) {
    const before = await alone();
    const during = await spendsDuring(async () => answers.push(await guess(addresses)));
    ratios.push((during * 2) / (before + (await alone())));
  }
  return { ratios: ratios.map((ratio) => ratio.toFixed(2)), best: Math.max(...ratios), answers };
}

test('1,000 wrong logins at once of as many customers do not slow spends down by more than half', async (t) => {
  await alone();
  const { best, ratios, answers } = await compareWith(emails);
  t.diagnostic(`spends beside logins / alone: ${ratios.join(', ')}`);
  assert.ok(best >= 0.5, ratios.join(', '));
  const [first] = answers;
  assert.deepEqual(
    [...(first?.keys() ?? [])].sort(),
    ['503', 'E004'],
    'as many as can wait are compared, others refused',
  );
  assert.ok((first?.get('E004') ?? 0) >= 50, [...(first ?? [])].join(' '));
});

test('1,000 wrong logins at once of one customer do not slow spends down by more than half', async (t) => {
  const { best, ratios, answers } = await compareWith(Array(LOGINS).fill(emails[0]));
  t.diagnostic(`spends beside logins / alone: ${ratios.join(', ')}`);
  assert.ok(best >= 0.5, ratios.join(', '));
  assert.deepEqual(
    [...(answers[0]?.keys() ?? [])].sort(),
    ['E004', 'E006'],
    'few are compared, others have to wait',
  );
});
