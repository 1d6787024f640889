import type { NaiveAccount } from './naive-account.ts';

/** Every kind of entry there is. */
export const ENTRY_KINDS = [
  ...['adjustment', 'capture', 'expiry', 'grant', 'refund', 'settlement', 'spend'],
] as const;

/** Every kind of hold event, and everything that ends a hold. */
export const HOLD_EVENTS = [
  ...['captured', 'expired', 'extend', 'hold', 'hold-expiry', 'release', 'released'],
] as const;

/** Every refusal that the rules themselves decide. */
export const PURE_CODES = [
  'INTERNAL_RESOURCE_NOT_FOUND',
  'INTERNAL_USER_MUST_BE_AUTHORIZED',
  'INTERNAL_VALIDATION_FAILED',
  'PUBLIC_CREDIT_BATCH_NOT_APPLIED',
  'PUBLIC_CREDIT_HOLD_HAS_ENDED',
  'PUBLIC_CREDIT_IS_NOT_SUFFICIENT',
  'PUBLIC_CREDIT_LIMIT_REACHED',
  'PUBLIC_CREDIT_REFUND_TOO_LARGE',
  'PUBLIC_CREDIT_TOO_LARGE',
  'PUBLIC_CUSTOMER_IS_BANNED',
  'PUBLIC_IDEMPOTENCY_KEY_REUSED',
] as const;

/** What makes the rules of holds, refunds and voids hard; a run that has met none of a kind proves too little. */
export const DEEDS = [
  'a capture beyond its hold',
  'a capture from a pin and from what is free of the same lot',
  'a capture of nothing',
  'a capture that leaves its hold open',
  'a hold without a lot',
  'a refund in parts',
  'a refund into a new lot',
  'a refund of a debt that is open',
  'a refund of a debt that was settled',
  'a void that is repeated',
  'a void that takes free credit',
  'a void with debt',
  'an event credit-expiring',
  'an event debt-begun',
  'an event low-balance',
  'an event soft-limit',
  'credit of a lot that was due before is captured',
  'credit of a lot that was due before is written off',
] as const;

/** @returns what this account has met, of DEEDS. */
export function* deedsOf(account: NaiveAccount): Generator<(typeof DEEDS)[number]> {
  const { entries, holds, lots, changes } = account;
  const undone = new Map<number, number>();
  const expiryOf = new Map(lots.map((lot) => [lot.number, lot.expiresAt ?? Infinity]));
  for (const { kind, at, amount, slices, relation } of entries) {
    const numbers = slices.flatMap(({ lot }) => lot ?? []);
    const fromDue = numbers.some((lot) => (expiryOf.get(lot) ?? Infinity) < at);
    if (kind === 'expiry' && fromDue) yield 'credit of a lot that was due before is written off';
    if (kind === 'capture') {
      if (amount === 0n) yield 'a capture of nothing';
      if (fromDue) yield 'credit of a lot that was due before is captured';
      if (new Set(numbers).size < numbers.length) {
        yield 'a capture from a pin and from what is free of the same lot';
      }
      const { hold, remaining } = relation.hold ?? { hold: 0, remaining: 0n };
      if (remaining > 0n) yield 'a capture that leaves its hold open';
      if ((holds[hold - 1]?.captured ?? 0n) > mostReserved(changes, hold)) yield 'a capture beyond its hold';
    }
    const before = undone.get(relation.undoes ?? 0) ?? 0;
    undone.set(relation.undoes ?? 0, before + 1);
    if (kind === 'refund') {
      if (before > 0) yield 'a refund in parts';
      for (const { lot, opens, undoes } of slices) {
        if (opens) yield 'a refund into a new lot';
        if (lot === undefined) yield 'a refund of a debt that is open';
        if (undoes?.entry !== relation.undoes) yield 'a refund of a debt that was settled';
      }
    } else if (relation.undoes !== undefined) {
      if (before > 0) yield 'a void that is repeated';
      yield slices.some(({ debt }) => debt !== undefined)
        ? 'a void with debt'
        : 'a void that takes free credit';
    }
  }
  for (const { kind, hold } of changes)
    if (kind === 'hold' && hold?.pins.length === 0) yield 'a hold without a lot';
  for (const { kind } of account.events) yield `an event ${kind}`;
}

function mostReserved(changes: NaiveAccount['changes'], number: number): bigint {
  let most = 0n;
  for (const { hold } of changes) if (hold?.hold === number && hold.reserved > most) most = hold.reserved;
  return most;
}
