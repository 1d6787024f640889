import type { Services } from '../../src/operations/services.ts';
import { type Finding, verifyLedgers } from '../../src/operations/verify-ledger.ts';
import { call } from './call.ts';
import { checkHistory } from './check.ts';
import { Client, type Ground } from './client.ts';
import { Chance } from './options.ts';
import { type History, millionths, type Subject } from './record.ts';
import { type AccountRows, readRows } from './rows.ts';

/** Runs the clients until it is over. */
export async function runClients(ground: Ground, clients: number, seed: number): Promise<void> {
  const each = (i: number) => new Client(ground, new Chance(seed * 1_000 + i), `${seed}-${i}`).run();
  await Promise.all(Array.from({ length: clients }, (_, i) => each(i)));
}

/** Compares what the clients saw with the database, and lets `verify` look at all of it. */
export async function judge(
  services: Services,
  history: History,
): Promise<{ readonly faults: string[]; readonly rows: ReadonlyMap<number, AccountRows> }> {
  const findings: Finding[] = [];
  await verifyLedgers(services, { onFinding: (finding) => findings.push(finding) });
  const rows = await readRows(
    services,
    history.subjects.map(({ accountId }) => accountId),
  );
  const faults = [...checkHistory(history, rows), ...findings.map((finding) => JSON.stringify(finding))];
  return { faults, rows };
}

/** The log that a customer reads over HTTP is the history in the database. */
export async function checkLogs(
  server: string,
  apiKey: string,
  subjects: readonly Subject[],
  services: Services,
): Promise<string[]> {
  const faults: string[] = [];
  for (const { accountId, sessions } of subjects) {
    const identityId = sessions.at(-1)?.identityId;
    const path = `/api/v1/customer/credit-log?identityId=${identityId}`;
    const result = await call(server, { method: 'GET', path, apiKey });
    if (result.kind === 'lost' || result.status !== 200) {
      faults.push(`the log of account ${accountId} was answered ${JSON.stringify(result)}`);
      continue;
    }
    const page = JSON.parse(result.body) as {
      creditBalance: number;
      items: { id: string; balance: number }[];
    };
    const account = (await readRows(services, [accountId])).get(accountId);
    const rows = (account?.rows ?? []).flatMap(({ entry, balance }) =>
      entry ? { id: entry.id, balance } : [],
    );
    const shown = page.items.map(({ id, balance }) => `${id} ${millionths(balance)}`).reverse();
    const written = rows.map(({ id, balance }) => `${id} ${balance}`).slice(-shown.length);
    // What falls due between the two looks is one row more.
    if (written.slice(0, shown.length).join() !== shown.join() && rows.length === shown.length) {
      faults.push(`the log of account ${accountId} is not what was written`);
    }
    if (page.items[0] && page.items[0].balance !== page.creditBalance) {
      faults.push(`the log of account ${accountId} begins with another balance than the customer's`);
    }
  }
  return faults;
}
