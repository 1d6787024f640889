import { type Account, availableOf } from './account.ts';
import { fromMicro, type Micro } from './amount.ts';
import type { Refused } from './command.ts';

function refused(code: Refused['code'], binds: boolean, details: Refused['details'] = {}): Refused {
  return { kind: 'refused', code, details, binds };
}

export const REFUSED_AS_LOGGED_OUT = refused('INTERNAL_USER_MUST_BE_AUTHORIZED', false);
export const REFUSED_AS_KEY_REUSED = refused('PUBLIC_IDEMPOTENCY_KEY_REUSED', false);
export const REFUSED_AS_BANNED = refused('PUBLIC_CUSTOMER_IS_BANNED', true);
/** Rule 12. */
export const REFUSED_AS_TOO_LARGE = refused('PUBLIC_CREDIT_TOO_LARGE', true);
/** Judged only after a replay had its chance, so that a late retry of a grant still gets its first answer. */
export const REFUSED_AS_PAST = refused('INTERNAL_VALIDATION_FAILED', false, {
  errors: [{ pointer: '/expirationDate', message: 'must be in the future' }],
});

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
