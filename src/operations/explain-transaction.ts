import type { PublicName } from '../ids.ts';
import type { IpContext } from '../ip/context.ts';
import { fromMicro, type Micro } from '../ledger/amount.ts';
import { Refusal } from '../refusals.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import {
  type DueRow,
  type ExplainedEntry,
  type ExplainedLot,
  readDueBefore,
  readEntryNames,
  readExplainedEntry,
  readExplainedLots,
  readRefundable,
  readSettlementsOf,
  readUndoingSeqs,
  type SettlementRow,
} from '../store/explain-rows.ts';
import { type HoldStep, readHoldSteps, readToldHold, type ToldHold } from '../store/hold-history.ts';
import { readIpContexts } from '../store/ip-rows.ts';
import { type LogRow, readLogRow, readLogRowsOf } from '../store/log-rows.ts';
import { lookAtFigures, readBooked } from './book-what-is-due.ts';
import { type ExplainedSettlement, explainSettlements } from './explain-settlements.ts';
import { explainSlices } from './explain-slices.ts';
import { summaryOf } from './explain-words.ts';
import { type HoldItem, toHoldItem } from './hold-item.ts';
import { type CreditLogItem, toDate, toLogItems } from './log-item.ts';
import { nameByPublicId } from './name-customer.ts';
import type { Caller, Services } from './services.ts';

/** What a lot gave or took, as JSON numbers. */
export interface ExplainedPart {
  /** Of the entry that opened the lot. */
  readonly transactionId: string;
  /** Below 0: taken from the lot. */
  readonly amount: number;
  readonly amountMoney: number;
  readonly priority: number;
  readonly expirationDate?: string;
  readonly why: string;
}

/** What was owed or paid, as JSON numbers. */
export interface ExplainedDebt {
  /** Of the entry whose debt it is. */
  readonly transactionId: string;
  /** Below 0: owed. */
  readonly amount: number;
  readonly why: string;
}

/** What has become of credit that the entry brought, as JSON numbers. */
export interface OpenedLot {
  readonly amount: number;
  readonly remaining: number;
  readonly held: number;
  readonly expired: number;
  readonly priority: number;
  readonly expirationDate?: string;
}

/** What fell due directly before, as JSON numbers. */
export interface FellDue {
  readonly kind: string;
  /** Of the entry, or of the hold whose time was over. */
  readonly id: string;
  readonly amount: number;
  readonly insertedDate: string;
}

/** Where an entry's credit came from or went, and why; credits as JSON numbers. */
export interface CreditExplanation {
  readonly transaction: CreditLogItem;
  readonly summary: string;
  readonly oldCreditBalance: number;
  readonly newCreditBalance: number;
  readonly lots: readonly ExplainedPart[];
  readonly debts: readonly ExplainedDebt[];
  readonly opened: readonly OpenedLot[];
  /** Oldest first. */
  readonly fellDueBefore: readonly FellDue[];
  /** What has paid its debt since, oldest first. */
  readonly settledBy: readonly ExplainedSettlement[];
  /** In force right after the entry. */
  readonly limits: {
    readonly debtLimit: number;
    readonly monthlySoftLimit: number;
    readonly monthlyHardLimit: number;
    readonly held: number;
    readonly available: number;
  };
  /** Refunds or voids of it, oldest first. */
  readonly undoneBy: readonly CreditLogItem[];
  /** Of a spend or capture. */
  readonly refundable?: number;
  readonly hold?: HoldItem;
  /** As the call gave it; once it is old, its network. */
  readonly customerRealIp?: string;
  /** What was known of the address; absent until the job has found out. */
  readonly ipContext?: IpContext;
}

const MOST_DUE = 100;
const MOST_UNDOING = 1_000;
const MOST_SETTLEMENTS = 1_000;

/** All that is read for an explanation, in one snapshot. */
export interface ExplainedRows {
  readonly entry: ExplainedEntry;
  readonly row: LogRow;
  readonly lots: ReadonlyMap<number, ExplainedLot>;
  /** By seq, of entries whose debt is named. */
  readonly debtors: ReadonlyMap<number, PublicName>;
  readonly due: readonly DueRow[];
  readonly settlements: readonly SettlementRow[];
  readonly undoneBy: readonly LogRow[];
  readonly refundable: Micro | undefined;
  readonly hold: { readonly hold: ToldHold; readonly steps: readonly HoldStep[] } | undefined;
  readonly ipContext: IpContext | undefined;
}

/**
 * Explains one entry of this ledger, of whatever kind. Everything is looked up by the account's number and an entry's or
 * a lot's, so a long history makes it no slower; only where the entry owed something are the settlements since looked
 * through.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND (a hold's id included) and what the writer throws.
 */
export async function explainTransaction(
  services: Services,
  caller: Caller,
  { transactionId }: { readonly transactionId: string },
): Promise<CreditExplanation> {
  const name = await nameByPublicId(services, caller, transactionId, 'entry');
  const { database } = services;
  await readBooked(services, name.accountId, () => lookAtFigures(services, database.pool, name.accountId));
  const rows = await inTransaction(database, (tx) => readRows(services, tx, name), 'snapshot');
  if (!rows) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return toExplanation(services, rows);
}

async function readRows(
  services: Services,
  tx: Transaction,
  name: PublicName,
): Promise<ExplainedRows | undefined> {
  const offsetMs = services.clockOffsetMs?.() ?? 0;
  const entry = await readExplainedEntry(tx, name);
  const row = entry && (await readLogRow(tx, name, offsetMs));
  if (!entry || !row) return undefined;
  const { accountId } = name;
  const owes = entry.slices.some(({ debt, amount }) => debt !== undefined && amount < 0n);
  const settlements = owes ? await readSettlementsOf(tx, name, MOST_SETTLEMENTS) : [];
  const slices = [entry, ...settlements].flatMap((each) => each.slices);
  const lots = new Set(slices.flatMap(({ lot }) => lot ?? []));
  const debtors = new Set(entry.slices.flatMap(({ debt }) => debt ?? []));
  const hold = entry.hold === null ? undefined : await readToldHold(tx, accountId, entry.hold);
  const undoing = await readUndoingSeqs(tx, name, MOST_UNDOING);
  return {
    entry,
    row,
    lots: await readExplainedLots(tx, accountId, [...lots]),
    debtors: await readEntryNames(tx, accountId, [...debtors]),
    due: await readDueBefore(tx, entry, MOST_DUE),
    settlements,
    undoneBy: undoing.length > 0 ? await readLogRowsOf(tx, accountId, offsetMs, undoing) : [],
    refundable: isRefundable(entry) ? ((await readRefundable(tx, name)) ?? -entry.amount) : undefined,
    hold: hold && { hold, steps: await readHoldSteps(tx, hold) },
    ipContext: await readContextOf(tx, entry),
  };
}

async function readContextOf(
  tx: Transaction,
  { ip, atMs }: Pick<ExplainedEntry, 'ip' | 'atMs'>,
): Promise<IpContext | undefined> {
  if (ip === null) return undefined;
  const [context] = await readIpContexts(tx, [{ ip, atMs }]);
  return context;
}

function isRefundable({ kind }: ExplainedEntry): boolean {
  return kind === 'spend' || kind === 'capture';
}

function toExplanation({ ids }: Services, rows: ExplainedRows): CreditExplanation {
  const { entry, row, hold, refundable, due, undoneBy, ipContext } = rows;
  const [transaction, ...undoing] = toLogItems(ids, [row, ...undoneBy]);
  if (!transaction) throw new Error('an entry without an item');
  const { lots, debts, figures } = explainSlices(ids, rows);
  const isVoid = entry.kind === 'adjustment' && entry.undoes !== null;
  return {
    transaction,
    summary: summaryOf(entry.kind, isVoid, figures),
    oldCreditBalance: fromMicro(entry.balance - entry.amount),
    newCreditBalance: fromMicro(entry.balance),
    lots,
    debts,
    opened: entry.slices.flatMap((slice) => {
      const lot = slice.opens && slice.lot !== undefined ? rows.lots.get(slice.lot) : undefined;
      return lot ? [toOpenedLot(lot)] : [];
    }),
    fellDueBefore: withoutOthersSettlement(due).map(({ name, kind, amount, atMs }) => ({
      kind,
      id: ids.encode(name),
      amount: fromMicro(amount),
      insertedDate: toDate(atMs),
    })),
    settledBy: explainSettlements(ids, entry.seq, rows.settlements, rows.lots),
    limits: {
      debtLimit: fromMicro(entry.debtLimit),
      monthlySoftLimit: fromMicro(entry.softLimit),
      monthlyHardLimit: fromMicro(entry.hardLimit),
      held: fromMicro(entry.held),
      available: fromMicro(entry.balance - entry.held + entry.debtLimit),
    },
    undoneBy: undoing,
    ...(refundable !== undefined && { refundable: fromMicro(refundable) }),
    ...(hold && { hold: toHoldItem(ids, hold.hold, hold.steps) }),
    ...(entry.ip !== null && { customerRealIp: entry.ip }),
    ...(ipContext && { ipContext }),
  };
}

function toOpenedLot({
  amount,
  remaining,
  held,
  writtenOff,
  priority,
  expiresAtMs,
}: ExplainedLot): OpenedLot {
  return {
    amount: fromMicro(amount),
    remaining: fromMicro(remaining),
    held: fromMicro(held),
    expired: fromMicro(writtenOff),
    priority,
    ...(expiresAtMs !== null && { expirationDate: toDate(expiresAtMs) }),
  };
}

/**
 * Turns what was booked before into the order of time. A settlement that no expiry or end of a hold brought about
 * belongs to the command before it, such as a grant, and fell due with nothing.
 *
 * @param due newest first; a run that was cut off is taken as it is.
 */
function withoutOthersSettlement(due: readonly DueRow[]): DueRow[] {
  const inOrder = due.toReversed();
  const isOthers = due.length < MOST_DUE && inOrder[0]?.kind === 'settlement';
  return isOthers ? inOrder.slice(1) : inOrder;
}
