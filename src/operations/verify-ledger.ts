import { AccountAudit } from '../ledger/audit.ts';
import type { AuditedRows, Invariant } from '../ledger/audit-words.ts';
import type { OrderFault } from '../store/audit-order-rows.ts';
import { readKeyLedgers } from '../store/audit-reference-rows.ts';
import { type AccountRange, readAccountSizes } from '../store/audit-rows.ts';
import { type Database, inTransaction, type Transaction } from '../store/database.ts';
import { type AccountName, RangeRows } from './verify-rows.ts';

/** Something in the database that is not as ledger.md says. */
export interface Finding extends AccountName {
  readonly invariant: Invariant;
  readonly text: string;
}

export interface Verification {
  readonly accounts: number;
  readonly entries: number;
  readonly findings: number;
  /** Lots and holds that are due and not booked yet, which is no fault; `oldest` is since when. */
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

const ORDER_FAULTS: Readonly<Record<OrderFault['what'], string>> = {
  missing: 'was paid, but its grant is not there',
  unasked: 'was not paid, but it has a grant',
  different: 'was paid, but with another grant than it says',
};

function textOf({ orderNumber, item, payment, what }: OrderFault): string {
  return `line ${item} of order ${orderNumber} (try ${payment} to pay it) ${ORDER_FAULTS[what]}`;
}

/** The figures of a verification while it runs, and the keys that its accounts share. */
class Run {
  readonly #onFinding: VerifyOptions['onFinding'];
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
    const stored = new RangeRows(tx, range, (name, what) => {
      this.#tell(name, 'I1', `there are ${what} of this account, but no account`);
    });
    for (const account of await stored.open()) {
      const { name, rows, orderFaults, nowMs } = await stored.of(account);
      for (const fault of orderFaults) this.#tell(name, 'I5', textOf(fault));
      await this.#verifyAccount(tx, stored, name, rows, nowMs);
    }
    await stored.finish();
  }

  async #verifyAccount(
    tx: Transaction,
    { entries, changes, holds }: RangeRows,
    name: AccountName,
    rows: AuditedRows,
    nowMs: number,
  ): Promise<void> {
    const { accountId } = name;
    const audit = new AccountAudit(rows, (invariant, text) => this.#tell(name, invariant, text));
    const authors = new Set<string>();
    let change = await changes.next(accountId);
    const changeBefore = async (version: number) => {
      for (; change && change.version < version; change = await changes.next(accountId)) {
        // A hold's row is looked at when its history begins, so that only open ones are in memory.
        const hold = change.kind === 'hold' ? await holds.next(accountId) : undefined;
        if (hold) audit.hold(hold);
        audit.change(change);
        authors.add(change.author);
      }
    };
    for (let entry = await entries.next(accountId); entry; entry = await entries.next(accountId)) {
      await changeBefore(entry.version);
      audit.entry(entry);
      authors.add(entry.author);
      this.#entries += 1;
    }
    await changeBefore(Number.POSITIVE_INFINITY);
    for (const hold of await holds.all(accountId)) audit.hold(hold);
    for (const author of authors) {
      const ledgerId = await this.#ledgerOfAuthor(tx, author);
      if (ledgerId !== null) audit.reference(`the author ${author} of an entry or a change`, ledgerId);
    }
    const due = audit.finish(nowMs);
    this.#accounts += 1;
    this.#dueCount += due.count;
    if (due.oldestMs !== null) this.#oldestDueMs = Math.min(this.#oldestDueMs, due.oldestMs);
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
