/**
 * A second reading of the rules of credit, written from their text alone: a plain walk over a list of lots, as
 * slow as it likes. It shares no code with src/ledger, so that both must be wrong in the same way to agree.
 */

const MILLION = 1_000_000n;
const LARGEST = 6_000_000_000n * MILLION;

export interface NaiveLot {
  readonly number: number;
  readonly openedBy: number;
  readonly priority: number;
  readonly expiresAt: number | null;
  readonly amount: bigint;
  readonly brought: bigint;
  credit: bigint;
  money: bigint;
  writtenOff: bigint;
  writtenOffAt: number | null;
}

export interface NaiveDebt {
  readonly entry: number;
  readonly amount: bigint;
  open: bigint;
}

export interface NaiveSlice {
  readonly lot?: number;
  readonly debt?: number;
  readonly amount: bigint;
  readonly money: bigint;
  readonly opens?: true;
}

export interface NaiveEntry {
  readonly seq: number;
  readonly version: number;
  readonly at: number;
  readonly kind: 'grant' | 'spend' | 'adjustment' | 'expiry' | 'settlement';
  readonly amount: bigint;
  readonly money: bigint;
  readonly balance: bigint;
  readonly balanceMoney: bigint;
  readonly debtLimit: bigint;
  readonly slices: readonly NaiveSlice[];
}

export interface NaiveChange {
  readonly version: number;
  readonly at: number;
  readonly kind: 'debt-limit' | 'ban' | 'unban';
  readonly debtLimit: bigint;
}

export type NaiveCommand =
  | { readonly kind: 'spend'; readonly amount: bigint }
  | {
      readonly kind: 'grant';
      readonly amount: bigint;
      readonly money: bigint;
      readonly priority: number;
      readonly expiresAt: number | null;
    }
  | {
      readonly kind: 'adjustment';
      readonly amount: bigint;
      readonly money: bigint;
      readonly expiresAt: number | null;
    }
  | { readonly kind: 'debt-limit'; readonly limit: bigint }
  | { readonly kind: 'ban'; readonly banned: boolean }
  | { readonly kind: 'look' };

export interface NaiveRequest {
  readonly command: NaiveCommand;
  /** An idempotency key, and whatever makes two requests the same request. */
  readonly key?: string | undefined;
  readonly content?: string | undefined;
  readonly sessionHasEnded?: boolean | undefined;
}

export interface NaiveAnswer {
  readonly status: number;
  readonly code?: string;
  /** What stands beside the code, in credits. */
  readonly details?: Readonly<Record<string, number>>;
  /** The entry that the command made. */
  readonly entry?: NaiveEntry;
  /** The answer is that of an earlier request with this key. */
  readonly replayed: boolean;
}

/** One account, its whole history, and everything that its keys have been answered. */
export class NaiveAccount {
  lots: NaiveLot[] = [];
  debts: NaiveDebt[] = [];
  entries: NaiveEntry[] = [];
  changes: NaiveChange[] = [];
  debtLimit = 0n;
  banned = false;
  latest = 0;
  keys = new Map<string, { content: string | undefined; answer: NaiveAnswer }>();

  copy(): NaiveAccount {
    const copy = new NaiveAccount();
    copy.lots = this.lots.map((lot) => ({ ...lot }));
    copy.debts = this.debts.map((debt) => ({ ...debt }));
    copy.entries = [...this.entries];
    copy.changes = [...this.changes];
    copy.debtLimit = this.debtLimit;
    copy.banned = this.banned;
    copy.latest = this.latest;
    copy.keys = new Map(this.keys);
    return copy;
  }

  get balance(): bigint {
    return this.entries.at(-1)?.balance ?? 0n;
  }

  get balanceMoney(): bigint {
    return this.entries.at(-1)?.balanceMoney ?? 0n;
  }

  get debt(): bigint {
    return this.debts.reduce((sum, debt) => sum + debt.open, 0n);
  }

  get version(): number {
    return this.entries.length + this.changes.length;
  }

  /** Rule 1. */
  inBurnOrder(): NaiveLot[] {
    const expiry = (lot: NaiveLot) => lot.expiresAt ?? Number.MAX_VALUE;
    return [...this.lots].sort(
      (a, b) => a.priority - b.priority || expiry(a) - expiry(b) || a.number - b.number,
    );
  }

  /** What burns at this instant, first things first. */
  free(now: number): NaiveLot[] {
    return this.inBurnOrder().filter(
      (lot) => lot.credit > 0n && !(lot.expiresAt !== null && lot.expiresAt <= now),
    );
  }

  /** The instant at which the next open lot falls due. */
  nextDue(): number | null {
    const instants = this.lots.filter((lot) => lot.credit > 0n).map((lot) => lot.expiresAt ?? Infinity);
    const next = Math.min(...instants, Infinity);
    return next === Infinity ? null : next;
  }

  /** Asks for something at this instant. */
  ask(request: NaiveRequest, instant: number): NaiveAnswer {
    const now = Math.max(instant, this.latest);
    this.bookDue(now);
    const known = request.key === undefined ? undefined : this.keys.get(request.key);
    if (known && known.content === request.content) return { ...known.answer, replayed: true };
    if (request.sessionHasEnded) return refused(401, 'INTERNAL_USER_MUST_BE_AUTHORIZED');
    if (known) return refused(422, 'PUBLIC_IDEMPOTENCY_KEY_REUSED');
    const answer = this.decide(request.command, now);
    const isBinding = answer.status !== 422;
    if (request.key !== undefined && isBinding) {
      this.keys.set(request.key, { content: request.content, answer });
    }
    return answer;
  }

  private decide(command: NaiveCommand, now: number): NaiveAnswer {
    switch (command.kind) {
      case 'look':
        return { status: 200, replayed: false };
      case 'debt-limit':
        if (command.limit !== this.debtLimit) {
          this.debtLimit = command.limit;
          this.change('debt-limit', now);
        }
        return { status: 200, replayed: false };
      case 'ban':
        if (command.banned !== this.banned) {
          this.banned = command.banned;
          this.change(command.banned ? 'ban' : 'unban', now);
        }
        return { status: 200, replayed: false };
      case 'grant':
        return this.bring('grant', command, command.priority, now);
      case 'adjustment':
        if (command.amount > 0n) return this.bring('adjustment', command, 50, now);
        return this.take('adjustment', -command.amount, now);
      case 'spend':
        if (this.banned) return refused(403, 'PUBLIC_CUSTOMER_IS_BANNED');
        return this.take('spend', command.amount, now);
    }
  }

  /** Rules 3, 4 and 12. */
  private take(kind: 'spend' | 'adjustment', amount: bigint, now: number): NaiveAnswer {
    if (this.balance - amount < -LARGEST) return refused(409, 'PUBLIC_CREDIT_TOO_LARGE');
    const available = this.balance + this.debtLimit;
    if (kind === 'spend' && amount > available) {
      return refused(402, 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT', {
        creditBalance: inCredits(this.balance),
        held: 0,
        available: inCredits(available),
        required: inCredits(amount),
        shortBy: inCredits(amount - available),
      });
    }
    const slices: NaiveSlice[] = [];
    let missing = amount;
    for (const lot of this.free(now)) {
      if (missing === 0n) break;
      const taken = smaller(missing, lot.credit);
      slices.push({ lot: lot.number, amount: -taken, money: -takeMoney(lot, taken) });
      missing -= taken;
    }
    if (missing > 0n) {
      const entry = this.entries.length + 1;
      slices.push({ debt: entry, amount: -missing, money: 0n });
      this.debts.push({ entry, amount: missing, open: missing });
    }
    return { status: 200, entry: this.add(kind, slices, now), replayed: false };
  }

  private bring(
    kind: 'grant' | 'adjustment',
    { amount, money, expiresAt }: { amount: bigint; money: bigint; expiresAt: number | null },
    priority: number,
    now: number,
  ): NaiveAnswer {
    if (expiresAt !== null && expiresAt <= now) return refused(422, 'INTERNAL_VALIDATION_FAILED');
    if (this.balance + amount > LARGEST || this.balanceMoney + money > LARGEST) {
      return refused(409, 'PUBLIC_CREDIT_TOO_LARGE');
    }
    const number = this.lots.length + 1;
    this.lots.push({
      ...{ number, openedBy: this.entries.length + 1, priority, expiresAt, amount, brought: money },
      ...{ credit: amount, money, writtenOff: 0n, writtenOffAt: null },
    });
    const entry = this.add(kind, [{ lot: number, amount, money, opens: true }], now);
    this.settle(now);
    return { status: 200, entry, replayed: false };
  }

  /** Rule 2. */
  private bookDue(now: number): void {
    for (let instant = this.nextDue(); instant !== null && instant <= now; instant = this.nextDue()) {
      for (const lot of this.inBurnOrder()) {
        if (lot.expiresAt !== instant || lot.credit === 0n) continue;
        const { credit } = lot;
        lot.writtenOff = credit;
        lot.writtenOffAt = instant;
        this.add('expiry', [{ lot: lot.number, amount: -credit, money: -takeMoney(lot, credit) }], instant);
      }
      this.settle(instant);
    }
  }

  /** Rule 4. */
  private settle(now: number): void {
    const slices: NaiveSlice[] = [];
    for (const lot of this.free(now)) {
      for (const debt of this.debts) {
        const paid = smaller(lot.credit, debt.open);
        if (paid === 0n) continue;
        slices.push({ lot: lot.number, amount: -paid, money: -takeMoney(lot, paid) });
        debt.open -= paid;
        slices.push({ debt: debt.entry, amount: paid, money: 0n });
      }
    }
    if (slices.length > 0) this.add('settlement', slices, now);
  }

  private add(kind: NaiveEntry['kind'], slices: NaiveSlice[], at: number): NaiveEntry {
    const amount = slices.reduce((sum, slice) => sum + slice.amount, 0n);
    const money = slices.reduce((sum, slice) => sum + slice.money, 0n);
    const entry = {
      ...{ seq: this.entries.length + 1, version: this.version + 1, at, kind, amount, money, slices },
      ...{ balance: this.balance + amount, balanceMoney: this.balanceMoney + money },
      debtLimit: this.debtLimit,
    };
    this.entries.push(entry);
    this.latest = at;
    return entry;
  }

  private change(kind: NaiveChange['kind'], at: number): void {
    this.changes.push({ version: this.version + 1, at, kind, debtLimit: this.debtLimit });
    this.latest = at;
  }
}

function refused(status: number, code: string, details?: Record<string, number>): NaiveAnswer {
  return { status, code, ...(details ? { details } : {}), replayed: false };
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

/** Rule 5; takes credit and its money out of a lot. */
function takeMoney(lot: NaiveLot, credit: bigint): bigint {
  let money = lot.money;
  if (credit !== lot.credit) {
    // The nearest whole number, of two equally near ones the even one.
    const low = (lot.money * credit) / lot.credit;
    const toLow = lot.money * credit - low * lot.credit;
    const toHigh = (low + 1n) * lot.credit - lot.money * credit;
    if (toLow === toHigh) money = low % 2n === 0n ? low : low + 1n;
    else money = toLow < toHigh ? low : low + 1n;
  }
  lot.credit -= credit;
  lot.money -= money;
  return money;
}

/** @returns an amount as the JSON number that stands for it. */
export function inCredits(amount: bigint): number {
  const sign = amount < 0n ? '-' : '';
  const size = amount < 0n ? -amount : amount;
  return Number(`${sign}${size / MILLION}.${(size % MILLION).toString().padStart(6, '0')}`);
}
