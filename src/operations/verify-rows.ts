import type {
  AuditedAccount,
  AuditedChange,
  AuditedDebt,
  AuditedEntry,
  AuditedHold,
  AuditedLimits,
  AuditedLot,
  AuditedRows,
  KeyClash,
} from '../ledger/audit-words.ts';
import {
  readAuditedChanges,
  readAuditedEntries,
  readAuditedHolds,
  readUndoneEntries,
} from '../store/audit-history-rows.ts';
import { findOrderFaults, type OrderFault } from '../store/audit-order-rows.ts';
import {
  type AuditedCustomer,
  type AuditedLedger,
  findKeyClashes,
  findStrayRefusals,
  readAuditedCustomers,
  readAuditedLedgers,
  readLedgersOf,
} from '../store/audit-reference-rows.ts';
import {
  type AccountRange,
  type Of,
  readAuditedAccounts,
  readAuditedDebts,
  readAuditedLimits,
  readAuditedLots,
  readClock,
} from '../store/audit-rows.ts';
import type { Transaction } from '../store/database.ts';
import { RowsInOrder } from '../store/rows-in-order.ts';

/** Names of an account for a finding; `ledger` is `<organisation>/live` or `/sandbox`. */
export interface AccountName {
  readonly accountId: number;
  readonly ledger: string | undefined;
  readonly cuRefNo: string | undefined;
}

/** Told of rows, in a few words, whose account is not there. */
export type OnStray = (name: AccountName, what: string) => void;

/** Rows of which an account has few, by account; what is left in the end belongs to no account. */
class FewRows<T> {
  readonly #rows: Map<number, readonly Of<T>[]>;

  constructor(rows: readonly Of<T>[]) {
    this.#rows = Map.groupBy(rows, (row) => row.accountId);
  }

  peek(accountId: number): readonly Of<T>[] {
    return this.#rows.get(accountId) ?? [];
  }

  take(accountId: number): readonly Of<T>[] {
    const rows = this.peek(accountId);
    this.#rows.delete(accountId);
    return rows;
  }

  get left(): Iterable<number> {
    return this.#rows.keys();
  }
}

interface InLedger {
  readonly ledgerId: number;
}

/** All that is stored about the accounts of one range, as one snapshot shows it. */
export class RangeRows {
  readonly entries: RowsInOrder<AuditedEntry>;
  readonly changes: RowsInOrder<AuditedChange>;
  readonly holds: RowsInOrder<AuditedHold>;
  readonly #tx: Transaction;
  readonly #range: AccountRange;
  readonly #onStray: OnStray;
  readonly #lots: RowsInOrder<AuditedLot>;
  readonly #debts: RowsInOrder<AuditedDebt>;
  #nowMs = 0;
  #ledgers: ReadonlyMap<number, AuditedLedger> = new Map();
  #customers = new FewRows<AuditedCustomer>([]);
  #sessions = new FewRows<InLedger>([]);
  #events = new FewRows<InLedger>([]);
  #orders = new FewRows<InLedger>([]);
  #orderFaults = new FewRows<OrderFault>([]);
  #limits = new FewRows<AuditedLimits>([]);
  #keyClashes = new FewRows<KeyClash>([]);
  #undone = new FewRows<{ readonly seq: number }>([]);

  constructor(tx: Transaction, range: AccountRange, onStray: OnStray) {
    this.#tx = tx;
    this.#range = range;
    this.#onStray = onStray;
    const stray = (what: string) => (accountId: number) => this.#tellStray(accountId, what);
    this.#lots = new RowsInOrder(tx, range, readAuditedLots, (row) => row.lot, stray('lots'));
    this.#debts = new RowsInOrder(tx, range, readAuditedDebts, (row) => row.seq, stray('debts'));
    this.entries = new RowsInOrder(tx, range, readAuditedEntries, (row) => row.seq, stray('entries'));
    this.changes = new RowsInOrder(tx, range, readAuditedChanges, (row) => row.version, stray('changes'));
    this.holds = new RowsInOrder(tx, range, readAuditedHolds, (row) => row.hold, stray('holds'));
  }

  /** Reads what there is little of. @returns the accounts, for `of` to be asked for in this order. */
  async open(): Promise<AuditedAccount[]> {
    const tx = this.#tx;
    const range = this.#range;
    this.#nowMs = await readClock(tx);
    const accounts = await readAuditedAccounts(tx, range);
    this.#ledgers = await readAuditedLedgers(tx, [...new Set(accounts.map(({ ledgerId }) => ledgerId))]);
    this.#customers = new FewRows(await readAuditedCustomers(tx, range));
    this.#sessions = new FewRows(await readLedgersOf(tx, 'sessions', range));
    this.#events = new FewRows(await readLedgersOf(tx, 'events', range));
    this.#orders = new FewRows(await readLedgersOf(tx, 'orders', range));
    this.#orderFaults = new FewRows(await findOrderFaults(tx, range));
    this.#limits = new FewRows(await readAuditedLimits(tx, range));
    this.#keyClashes = new FewRows(await findKeyClashes(tx, range));
    this.#undone = new FewRows(await readUndoneEntries(tx, range));
    return accounts;
  }

  /** @returns all about one account but its history and its holds, and the present instant of its ledger. */
  async of(account: AuditedAccount): Promise<{
    name: AccountName;
    rows: AuditedRows;
    orderFaults: readonly OrderFault[];
    nowMs: number;
  }> {
    const { accountId, ledgerId } = account;
    const ledger = this.#ledgers.get(ledgerId);
    const [customer] = this.#customers.take(accountId);
    const [limits] = this.#limits.take(accountId);
    const rows: AuditedRows = {
      account,
      lots: await this.#lots.all(accountId),
      debts: await this.#debts.all(accountId),
      limits: limits ?? null,
      timeZone: ledger?.timeZone ?? 'UTC',
      undone: new Set(this.#undone.take(accountId).map(({ seq }) => seq)),
      keyClashes: this.#keyClashes.take(accountId),
      references: this.#references(account, ledger, customer),
    };
    const name = { accountId, ledger: ledger?.name, cuRefNo: customer?.cuRefNo };
    const orderFaults = this.#orderFaults.take(accountId);
    return { name, rows, orderFaults, nowMs: this.#nowMs + (ledger?.clockOffsetMs ?? 0) };
  }

  #references(
    { accountId, ledgerId }: AuditedAccount,
    ledger: AuditedLedger | undefined,
    customer: AuditedCustomer | undefined,
  ): AuditedRows['references'] {
    const references: { what: string; ledgerId: number | null }[] = [
      { what: 'its customer', ledgerId: customer?.ledgerId ?? null },
    ];
    if (ledger === undefined) references.push({ what: `its ledger ${ledgerId}`, ledgerId: null });
    for (const session of this.#sessions.take(accountId)) {
      references.push({ what: 'a session of it', ledgerId: session.ledgerId });
    }
    for (const event of this.#events.take(accountId)) {
      references.push({ what: 'an event of it', ledgerId: event.ledgerId });
    }
    for (const order of this.#orders.take(accountId)) {
      references.push({ what: 'an order of it', ledgerId: order.ledgerId });
    }
    if (customer && customer.referralAccountId !== null) {
      references.push({ what: 'whoever brought the customer', ledgerId: customer.referralLedgerId });
    }
    return references;
  }

  /** Looks for rows without an account, once all accounts were asked for. */
  async finish(): Promise<void> {
    for (const rows of [this.#lots, this.#debts, this.entries, this.changes, this.holds]) await rows.finish();
    const left: [string, Iterable<number>][] = [
      ['sessions', this.#sessions.left],
      ['events', this.#events.left],
      ['orders', this.#orders.left],
      ['monthly limits', this.#limits.left],
      ['refused requests', await findStrayRefusals(this.#tx, this.#range)],
      ['customers', this.#customers.left],
    ];
    for (const [what, accountIds] of left) {
      for (const accountId of accountIds) this.#tellStray(accountId, what);
    }
  }

  #tellStray(accountId: number, what: string): void {
    const [customer] = this.#customers.peek(accountId);
    this.#onStray({ accountId, ledger: undefined, cuRefNo: customer?.cuRefNo }, what);
  }
}
