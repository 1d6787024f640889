import { type Account, availableOf, type Hold, type Limits } from './account.ts';
import { fromMicro, type Micro } from './amount.ts';
import type { Refused } from './command.ts';

function refused(code: Refused['code'], binds: boolean, details: Refused['details'] = {}): Refused {
  return { kind: 'refused', code, details, binds };
}

export const REFUSED_AS_LOGGED_OUT = refused('INTERNAL_USER_MUST_BE_AUTHORIZED', false);
export const REFUSED_AS_KEY_REUSED = refused('PUBLIC_IDEMPOTENCY_KEY_REUSED', false);
/** A hold or an entry that is not there, or is of the wrong kind. */
export const REFUSED_AS_NOT_FOUND = refused('INTERNAL_RESOURCE_NOT_FOUND', false);
export const REFUSED_AS_BANNED = refused('PUBLIC_CUSTOMER_IS_BANNED', true);
/** Rule 12. */
export const REFUSED_AS_TOO_LARGE = refused('PUBLIC_CREDIT_TOO_LARGE', true);
/** Judged only after a replay had its chance, so that a late retry of a grant still gets its first answer. */
export const REFUSED_AS_PAST = refused('INTERNAL_VALIDATION_FAILED', false, {
  errors: [{ pointer: '/expirationDate', message: 'must be in the future' }],
});

/** It could have been done, but another one of its group could not; `binds` as what that one was refused. */
export function refusedAsNotApplied(binds: boolean): Refused {
  return refused('PUBLIC_CREDIT_BATCH_NOT_APPLIED', binds);
}

/** Rule 3's refusal with the figures that explain it, as JSON numbers of credits. */
export function notSufficient(account: Readonly<Account>, required: Micro): Refused {
  const available = availableOf(account);
  return refused('PUBLIC_CREDIT_IS_NOT_SUFFICIENT', true, {
    creditBalance: fromMicro(account.balance),
    held: fromMicro(account.held),
    available: fromMicro(available),
    required: fromMicro(required),
    shortBy: fromMicro(required - available),
  });
}

/**
 * Rule 6's refusal with its figures, as JSON numbers of credits; `used` is what open holds reserve included.
 *
 * @param required told where it is more than the refused request itself asked for.
 */
export function limitReached(
  account: Readonly<Account>,
  limits: Readonly<Limits>,
  required?: Micro,
): Refused {
  return refused('PUBLIC_CREDIT_LIMIT_REACHED', true, {
    limit: fromMicro(limits.hardLimit),
    used: fromMicro(limits.monthUsed + account.held),
    held: fromMicro(account.held),
    resetsAt: new Date(limits.monthToMs).toISOString(),
    ...(required !== undefined && { required: fromMicro(required) }),
  });
}

/** @returns the refusal of a command on a hold that has ended, with what ended it and when (rule 7). */
export function holdHasEnded({ endedBy, endedAtMs }: Readonly<Hold>): Refused | undefined {
  if (endedBy === undefined || endedAtMs === undefined) return undefined;
  const endedAt = new Date(endedAtMs).toISOString();
  return refused('PUBLIC_CREDIT_HOLD_HAS_ENDED', true, { endedBy, endedAt });
}

/** Rule 8's refusal of a refund or void, with what could be taken or given back, in credits. */
export function refundTooLarge(refundable: Micro): Refused {
  return refused('PUBLIC_CREDIT_REFUND_TOO_LARGE', true, { refundable: fromMicro(refundable) });
}
