import { AccountAudit } from '../ledger/audit.ts';
import type { AuditedAccount, AuditedChange, AuditedRows, Invariant } from '../ledger/audit-words.ts';
import {
  type AccountRange,
  findKeyClashes,
  findStrayRefusals,
  readAccountSizes,
  readAuditedAccounts,
  readAuditedChanges,
  readAuditedCustomers,
  readAuditedDebts,
  readAuditedEntries,
  readAuditedLots,
  readClock,
  readKeyLedgers,
  readLedgerNames,
  readSessionLedgers,
} from '../store/audit-rows.ts';
import { type Database, inTransaction, type Transaction } from '../store/database.ts';
import { RowsInOrder } from '../store/rows-in-order.ts';

/** Something in the database that is not as ledger.md says; `ledger` is `<organisation>/live` or `/sandbox`. */
export interface Finding {
  readonly invariant: Invariant;
  readonly accountId: number;
  readonly ledger: string | undefined;
  readonly cuRefNo: string | undefined;
  readonly text: string;
}

export interface Verification {
  readonly accounts: number;
  readonly entries: number;
  readonly findings: number;
  /** Lots that are due and not booked yet, which is no fault; `oldest` is the instant the oldest fell due. */
  readonly due: { readonly count: number; readonly oldest?: string };
}

export interface VerifyOptions {
  /** Told of each finding as soon as it is made. */
  readonly onFinding: (finding: Finding) => void;
  /** Only this account; all of them without it. */
  readonly accountId?: number | undefined;
}

/** Account ids are below 2^36. */
const LAST_ACCOUNT_ID = 2 ** 36;
/** Small accounts share a snapshot, up to this many accounts or (nearly) entries. */
const ACCOUNTS_PER_SNAPSHOT = 500;
const ENTRIES_PER_SNAPSHOT = 20_000;

/**
 * Checks the invariants of ledger.md from the database alone, account by account, while it is in use: each
 * account is seen in one snapshot, and nothing is locked.
 */
export async function verifyLedgers(
  { database }: { readonly database: Pick<Database, 'pool'> },
  { onFinding, accountId }: VerifyOptions,
): Promise<Verification> {
  const run = new Run(onFinding);
  let after = accountId === undefined ? 0 : accountId - 1;
  const end = accountId ?? LAST_ACCOUNT_ID;
  while (after < end) {
    after = await inTransaction(
      database,
      async (tx) => {
        const range = { after, upTo: accountId ?? (await endOfSnapshot(tx, after)) };
        await run.verifyRange(tx, range);
        return range.upTo;
      },
      'snapshot',
    );
  }
  return run.result();
}

/** @returns the last account id of the next snapshot; behind the last account, strays may still be found. */
async function endOfSnapshot(tx: Transaction, after: number): Promise<number> {
  const sizes = await readAccountSizes(tx, after, ACCOUNTS_PER_SNAPSHOT);
  let entries = 0;
  for (const account of sizes) {
    entries += account.entries;
    if (entries >= ENTRIES_PER_SNAPSHOT) return account.accountId;
  }
  return sizes.length < ACCOUNTS_PER_SNAPSHOT
    ? LAST_ACCOUNT_ID
    : (sizes.at(-1)?.accountId ?? LAST_ACCOUNT_ID);
}

/** Names of an account for a finding. */
interface AccountName {
  readonly accountId: number;
  readonly ledger: string | undefined;
  readonly cuRefNo: string | undefined;
}

/** The figures of a verification while it runs, and the few directory rows that all accounts share. */
class Run {
  readonly #onFinding: VerifyOptions['onFinding'];
  readonly #ledgerNames = new Map<number, string>();
  /** null: a ROOT key, or one that is not there. */
  readonly #keyLedgers = new Map<number, number | null>();
  #accounts = 0;
  #entries = 0;
  #findings = 0;
  #dueCount = 0;
  #oldestDueMs = Number.POSITIVE_INFINITY;

  constructor(onFinding: VerifyOptions['onFinding']) {
    this.#onFinding = onFinding;
  }

  result(): Verification {
    const oldest = this.#dueCount > 0 ? { oldest: new Date(this.#oldestDueMs).toISOString() } : undefined;
    return {
      accounts: this.#accounts,
      entries: this.#entries,
      findings: this.#findings,
      due: { count: this.#dueCount, ...oldest },
    };
  }

  async verifyRange(tx: Transaction, range: AccountRange): Promise<void> {
    const nowMs = await readClock(tx);
    const accounts = await readAuditedAccounts(tx, range);
    await this.#learnLedgers(tx, accounts);
    const customers = byAccount(await readAuditedCustomers(tx, range));
    const sessionLedgers = byAccount(await readSessionLedgers(tx, range));
    const keyClashes = byAccount(await findKeyClashes(tx, range));
    const stray = (what: string) => (accountId: number) => {
      const [customer] = customers.get(accountId) ?? [];
      const name = { accountId, ledger: undefined, cuRefNo: customer?.cuRefNo };
      this.#tell(name, 'I1', `there are ${what} of this account, but no account`);
    };
    const lots = new RowsInOrder(tx, range, readAuditedLots, (row) => row.lot, stray('lots'));
    const debts = new RowsInOrder(tx, range, readAuditedDebts, (row) => row.seq, stray('debts'));
    const entries = new RowsInOrder(tx, range, readAuditedEntries, (row) => row.seq, stray('entries'));
    const changes = new RowsInOrder(tx, range, readAuditedChanges, (row) => row.version, stray('changes'));

    for (const account of accounts) {
      const { accountId } = account;
      const [customer] = customers.get(accountId) ?? [];
      customers.delete(accountId);
      const ledger = this.#ledgerNames.get(account.ledgerId);
      const name = { accountId, ledger, cuRefNo: customer?.cuRefNo };
      const references: { what: string; ledgerId: number | null }[] = [
        { what: 'its customer', ledgerId: customer?.ledgerId ?? null },
      ];
      if (ledger === undefined) references.push({ what: `its ledger ${account.ledgerId}`, ledgerId: null });
      for (const session of sessionLedgers.get(accountId) ?? []) {
        references.push({ what: 'a session of it', ledgerId: session.ledgerId });
      }
      if (customer && customer.referralAccountId !== null) {
        references.push({ what: 'whoever brought the customer', ledgerId: customer.referralLedgerId });
      }
      sessionLedgers.delete(accountId);
      const rows = {
        account,
        lots: await lots.all(accountId),
        debts: await debts.all(accountId),
        keyClashes: keyClashes.get(accountId) ?? [],
        references,
      };
      await this.#verifyAccount(tx, name, rows, entries, changes, nowMs);
    }
    for (const rows of [lots, debts, entries, changes]) await rows.finish();
    for (const accountId of customers.keys()) stray('customers')(accountId);
    for (const accountId of sessionLedgers.keys()) stray('sessions')(accountId);
    for (const accountId of await findStrayRefusals(tx, range)) stray('refused requests')(accountId);
  }

  async #verifyAccount(
    tx: Transaction,
    name: AccountName,
    rows: AuditedRows,
    entries: RowsInOrder<Parameters<AccountAudit['entry']>[0]>,
    changes: RowsInOrder<AuditedChange>,
    nowMs: number,
  ): Promise<void> {
    const audit = new AccountAudit(rows, (invariant, text) => this.#tell(name, invariant, text));
    const authors = new Set<string>();
    let change = await changes.next(name.accountId);
    for (let entry = await entries.next(name.accountId); entry; entry = await entries.next(name.accountId)) {
      for (; change && change.version < entry.version; change = await changes.next(name.accountId)) {
        audit.change(change);
      }
      audit.entry(entry);
      authors.add(entry.author);
      this.#entries += 1;
    }
    for (; change; change = await changes.next(name.accountId)) audit.change(change);
    for (const author of authors) {
      const ledgerId = await this.#ledgerOfAuthor(tx, author);
      if (ledgerId !== null) audit.reference(`the author ${author} of an entry`, ledgerId);
    }
    const due = audit.finish(nowMs);
    this.#accounts += 1;
    this.#dueCount += due.count;
    if (due.oldestMs !== null) this.#oldestDueMs = Math.min(this.#oldestDueMs, due.oldestMs);
  }

  async #learnLedgers(tx: Transaction, accounts: readonly AuditedAccount[]): Promise<void> {
    const unknown = new Set(accounts.map((account) => account.ledgerId));
    for (const ledgerId of this.#ledgerNames.keys()) unknown.delete(ledgerId);
    if (unknown.size === 0) return;
    for (const [ledgerId, name] of await readLedgerNames(tx, [...unknown])) {
      this.#ledgerNames.set(ledgerId, name);
    }
  }

  async #ledgerOfAuthor(tx: Transaction, author: string): Promise<number | null> {
    const [, digits] = /^key:(\d{1,15})$/.exec(author) ?? [];
    if (digits === undefined) return null;
    const apiKeyId = Number(digits);
    let ledgerId = this.#keyLedgers.get(apiKeyId);
    if (ledgerId === undefined) {
      ledgerId = (await readKeyLedgers(tx, [apiKeyId])).get(apiKeyId) ?? null;
      this.#keyLedgers.set(apiKeyId, ledgerId);
    }
    return ledgerId;
  }

  #tell(name: AccountName, invariant: Invariant, text: string): void {
    this.#findings += 1;
    this.#onFinding({ invariant, ...name, text });
  }
}

function byAccount<T extends { readonly accountId: number }>(rows: readonly T[]): Map<number, T[]> {
  return Map.groupBy(rows, (row) => row.accountId);
}
