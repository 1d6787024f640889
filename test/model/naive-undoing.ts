import { hasExpired, type NaiveAccount, takeMoney } from './naive-account.ts';
import {
  inCredits,
  isBeyond,
  type NaiveAnswer,
  type NaiveEntry,
  type NaiveSlice,
  NOT_FOUND,
  refused,
  share,
  smaller,
  TOO_LARGE,
} from './naive-words.ts';

/** Something of an entry that can be given back, or no longer be owed. */
interface Piece {
  readonly lot?: number;
  readonly debt?: number;
  readonly left: bigint;
  readonly leftMoney: bigint;
  /** The entry and the slice to be undone. */
  readonly entry: NaiveEntry;
  readonly slice: number;
}

/** Rule 8. */
export function refund(
  account: NaiveAccount,
  seq: number,
  wanted: bigint | undefined,
  now: number,
): NaiveAnswer {
  const undone = account.entries.find((entry) => entry.seq === seq);
  if (!undone || (undone.kind !== 'spend' && undone.kind !== 'capture')) return NOT_FOUND;
  const earlier = undoneBy(account, undone, 'refund');
  const refundable = -undone.amount - sumOf(earlier);
  const amount = wanted ?? refundable;
  if (amount > refundable || refundable === 0n) return nothingLeft(refundable);
  const parts: { piece: Piece; amount: bigint; money: bigint }[] = [];
  let missing = amount;
  for (const piece of piecesOf(account, undone, earlier)) {
    const taken = smaller(missing, piece.left);
    if (taken === 0n) continue;
    const money = taken === piece.left ? piece.leftMoney : share(piece.leftMoney, taken, piece.left);
    parts.push({ piece, amount: taken, money });
    missing -= taken;
  }
  if (missing !== 0n) throw new Error('the pieces of an entry are less than what is left of it');
  const money = parts.reduce((sum, part) => sum + part.money, 0n);
  if (isBeyond(account.balance + amount) || isBeyond(account.balanceMoney + money)) return TOO_LARGE;
  const slices = parts.map((part) => giveBack(account, part.piece, part.amount, part.money, now));
  const relation = { undoes: seq, refundable: refundable - amount };
  const entry = account.add('refund', slices, now, relation);
  account.settle(now);
  return { status: 200, entry, replayed: false };
}

/** What of an entry can still be undone, what was taken last first. */
function piecesOf(account: NaiveAccount, undone: NaiveEntry, earlier: readonly NaiveEntry[]): Piece[] {
  const piece = (entry: NaiveEntry, slice: number): Piece => {
    const { lot, amount = 0n, money = 0n } = entry.slices[slice] ?? {};
    let left = -amount;
    let leftMoney = -money;
    for (const { slices } of earlier) {
      for (const { undoes, ...given } of slices) {
        if (undoes?.entry !== entry.seq || undoes.slice !== slice) continue;
        left -= given.amount;
        leftMoney -= given.money;
      }
    }
    return { ...(lot === undefined ? {} : { lot }), left, leftMoney, entry, slice };
  };
  const pieces: Piece[] = [];
  for (const [slice, { debt }] of [...undone.slices.entries()].reverse()) {
    if (debt === undefined) {
      pieces.push(piece(undone, slice));
      continue;
    }
    const left = account.debts.find((each) => each.entry === debt)?.open ?? 0n;
    pieces.push({ debt, left, leftMoney: 0n, entry: undone, slice });
    for (const settlement of account.entries.filter(({ kind }) => kind === 'settlement').reverse()) {
      for (const [index, paid] of [...settlement.slices.entries()].reverse()) {
        // The lot's slice stands before that of the debt it paid.
        if (paid.debt === debt) pieces.push(piece(settlement, index - 1));
      }
    }
  }
  return pieces;
}

function giveBack(
  account: NaiveAccount,
  { lot: number, debt: owed, entry, slice }: Piece,
  amount: bigint,
  money: bigint,
  now: number,
): NaiveSlice {
  const undoes = { entry: entry.seq, slice };
  if (number === undefined) {
    const debt = account.debts.find((each) => each.entry === owed);
    if (!debt) throw new Error('what is owed is not there');
    debt.open -= amount;
    return { debt: debt.entry, amount, money: 0n, undoes };
  }
  const lot = account.lot(number);
  if (hasExpired(lot, now)) {
    const lived = (lot.expiresAt ?? 0) - entry.at;
    const [least, most] = account.newLife;
    const lives = Math.min(most, Math.max(least, lived));
    return { ...account.open(amount, money, lot.priority, now + lives), undoes };
  }
  lot.credit += amount;
  lot.money += money;
  return { lot: number, amount, money, undoes };
}

/** Rule 8, of a grant or a positive adjustment. */
export function voidGrant(account: NaiveAccount, seq: number, withDebt: boolean, now: number): NaiveAnswer {
  const undone = account.entries.find((entry) => entry.seq === seq);
  const isUp = undone?.kind === 'adjustment' && undone.amount > 0n;
  if (!undone || (undone.kind !== 'grant' && !isUp)) return NOT_FOUND;
  const lot = account.lots.find((each) => each.openedBy === seq);
  if (!lot) throw new Error('a grant without a lot');
  const earlier = undoneBy(account, undone, 'adjustment').flatMap(({ slices }) => slices);
  const tookFree = -sumOf(earlier.filter((slice) => slice.lot !== undefined));
  const madeDebt = -sumOf(earlier.filter((slice) => slice.debt !== undefined));
  const free = hasExpired(lot, now) ? 0n : lot.credit - lot.pinned;
  const fromLot = smaller(free, lot.amount - tookFree - madeDebt);
  // Credit that something but an expiry took and did not give back, voids and this one's part left out.
  const used = lot.amount - lot.credit - lot.writtenOff - tookFree;
  const owed = withDebt && used > madeDebt ? used - madeDebt : 0n;
  if (fromLot + owed === 0n) return nothingLeft(0n);
  if (isBeyond(account.balance - fromLot - owed) || isBeyond(account.debt + owed)) return TOO_LARGE;
  const slices: NaiveSlice[] = [];
  if (fromLot > 0n) {
    slices.push({ lot: lot.number, amount: -fromLot, money: -takeMoney(lot, fromLot) });
  }
  if (owed > 0n) slices.push(account.owe(owed));
  const entry = account.add('adjustment', slices, now, { undoes: seq });
  account.settle(now);
  return { status: 200, entry, replayed: false };
}

function undoneBy(account: NaiveAccount, { seq }: NaiveEntry, kind: NaiveEntry['kind']): NaiveEntry[] {
  return account.entries.filter((entry) => entry.kind === kind && entry.relation.undoes === seq);
}

function sumOf(parts: readonly { readonly amount: bigint }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}

function nothingLeft(refundable: bigint): NaiveAnswer {
  return refused(409, 'PUBLIC_CREDIT_REFUND_TOO_LARGE', { refundable: inCredits(refundable) });
}
