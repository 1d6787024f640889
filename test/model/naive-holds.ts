import { type NaiveAccount, reservedOf, takeMoney } from './naive-account.ts';
import { judge, noteSoftLimit } from './naive-judge.ts';
import {
  type NaiveAnswer,
  type NaiveCapture,
  type NaiveChangeKind,
  type NaiveExtend,
  type NaiveHold,
  type NaivePin,
  type NaiveSlice,
  NOT_FOUND,
  refused,
  smaller,
} from './naive-words.ts';

const NOTHING = { unpinned: 0n, pinned: 0n };

/** Rule 7: no hold lives longer than this from its creation. */
export const LONGEST_HOLD = 604_800_000;

export function hold(account: NaiveAccount, amount: bigint, expiresIn: number, now: number): NaiveAnswer {
  const refusal = judge(account, amount, NOTHING, now);
  if (refusal) return refusal;
  const created: NaiveHold = {
    ...{ number: account.holds.length + 1, createdAt: now, expiresAt: now + expiresIn },
    ...{ pins: [], unpinned: 0n, captured: 0n, end: undefined },
  };
  account.holds.push(created);
  const added = pin(account, created, amount, now);
  noteSoftLimit(account, now);
  return tell(account, created, 'hold', added, now);
}

export function extend(account: NaiveAccount, command: NaiveExtend, now: number): NaiveAnswer {
  const { addAmount = 0n, expiresIn } = command;
  const open = account.holds.find(({ number }) => number === command.hold);
  if (!open) return NOT_FOUND;
  if (addAmount > 0n && account.banned) return refused(403, 'PUBLIC_CUSTOMER_IS_BANNED');
  if (open.end) return hasEnded(open.end);
  const refusal = addAmount > 0n ? judge(account, addAmount, NOTHING, now) : undefined;
  if (refusal) return refusal;
  if (expiresIn !== undefined) {
    const latest = Math.min(now + expiresIn, open.createdAt + LONGEST_HOLD);
    open.expiresAt = Math.max(open.expiresAt, latest);
  }
  const added = pin(account, open, addAmount, now);
  // Prolonging alone takes nothing.
  if (addAmount > 0n) noteSoftLimit(account, now);
  return tell(account, open, 'extend', added, now);
}

export function capture(account: NaiveAccount, command: NaiveCapture, now: number): NaiveAnswer {
  const { amount, final } = command;
  const open = account.holds.find(({ number }) => number === command.hold);
  if (!open) return NOT_FOUND;
  if (open.end) return hasEnded(open.end);
  const reserved = reservedOf(open);
  const within = smaller(amount, reserved);
  const beyond = amount - within;
  const inPins = smaller(amount, reserved - open.unpinned);
  const taking = { unpinned: amount - inPins, pinned: inPins };
  const refusal = beyond > 0n ? judge(account, beyond, taking, now) : undefined;
  if (refusal) return refusal;
  const slices = takePins(account, open, within);
  open.unpinned -= within - inPins;
  slices.push(...account.takeFree(amount - inPins, now));
  const owed = slices.reduce((sum, slice) => sum + slice.amount, amount);
  if (owed > 0n) slices.push(account.owe(owed));
  open.captured += amount;
  const isOver = final || reservedOf(open) === 0n;
  if (isOver) account.end(open, 'captured', now);
  const relation = {
    hold: { hold: open.number, captured: open.captured, remaining: reservedOf(open) },
  };
  const entry = account.add('capture', slices, now, relation);
  noteSoftLimit(account, now);
  account.writeOffAndSettle(now);
  return { status: 200, entry, replayed: false };
}

export function release(account: NaiveAccount, number: number, now: number): NaiveAnswer {
  const open = account.holds.find((each) => each.number === number);
  if (!open) return NOT_FOUND;
  if (open.end) return hasEnded(open.end);
  const event = account.end(open, 'released', now);
  account.writeOffAndSettle(now);
  account.tell(event);
  return { status: 200, ...(event ? { event } : {}), replayed: false };
}

/** Sets credit aside, in burn order; what no free credit covers is set aside without a lot. @returns what was pinned. */
function pin(account: NaiveAccount, open: NaiveHold, amount: bigint, now: number): NaivePin[] {
  const added: NaivePin[] = [];
  let missing = amount;
  for (const lot of account.free(now)) {
    const pinned = smaller(missing, lot.credit - lot.pinned);
    if (pinned === 0n) break;
    lot.pinned += pinned;
    missing -= pinned;
    added.push({ lot: lot.number, amount: pinned });
    const own = open.pins.find((each) => each.lot === lot.number);
    if (own) own.amount += pinned;
    else open.pins.push({ lot: lot.number, amount: pinned });
  }
  open.unpinned += missing;
  return added;
}

function tell(
  account: NaiveAccount,
  open: NaiveHold,
  kind: NaiveChangeKind,
  pins: readonly NaivePin[],
  now: number,
): NaiveAnswer {
  const { number, expiresAt } = open;
  const { balance, held: heldAnswered } = account;
  const event = account.change(kind, now, {
    ...{ hold: number, reserved: reservedOf(open), expiresAt, pins, balance, heldAnswered },
  });
  return { status: 200, event, replayed: false };
}

/** Takes what was set aside in lots, those first that burn first, due or not. */
function takePins(account: NaiveAccount, open: NaiveHold, amount: bigint): NaiveSlice[] {
  const slices: NaiveSlice[] = [];
  let missing = amount;
  for (const lot of account.inBurnOrder()) {
    const own = open.pins.find((each) => each.lot === lot.number);
    const taken = smaller(missing, own?.amount ?? 0n);
    if (!own || taken === 0n) continue;
    own.amount -= taken;
    lot.pinned -= taken;
    missing -= taken;
    slices.push({ lot: lot.number, amount: -taken, money: -takeMoney(lot, taken) });
  }
  open.pins = open.pins.filter((each) => each.amount > 0n);
  return slices;
}

function hasEnded({ by, at }: NonNullable<NaiveHold['end']>): NaiveAnswer {
  const details = { endedBy: by, endedAt: new Date(at).toISOString() };
  return refused(409, 'PUBLIC_CREDIT_HOLD_HAS_ENDED', details);
}
