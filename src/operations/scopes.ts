/**
 * The scopes of an API key: the path of an endpoint below /api/v1/ without `customer/`. An endpoint whose scope
 * must be named is closed to a key unless its list says so; every other endpoint is open to a key whose list is
 * empty or holds `default` (contract.md, section 1).
 */
export const SCOPES = {
  default: [
    'ping',
    'credit-spend',
    'credit-spend-batch',
    'credit-hold',
    'credit-extend',
    'credit-capture',
    'credit-release',
    'credit-preview',
    'credit-log',
    'credit-transaction',
    'credit-explain',
    'credit-balance',
    'credit-forecast',
    'get-account-info',
    'detail',
    'login',
    'magic-auth',
    'logout',
    'session/list',
    'session/end',
    'register-account',
    'register-account-verify',
    'reset-password',
    'set-new-password',
    'create',
    'update-profile',
    'shop/order/create',
  ],
  mustBeNamed: [
    'credit-grant',
    'credit-refund',
    'credit-void',
    'any-customer',
    'shop/order/mark-paid',
    'shop/order/storno',
    'sandbox/clock',
    'sandbox/reset',
    'ip/lookup',
  ],
} as const;

/** The word that stands for all of `SCOPES.default` in a key's list. */
export const DEFAULT_SCOPE = 'default';

/** What `key create` and the first start give a key that names no scopes. */
export const NEW_KEY_SCOPES: readonly string[] = [DEFAULT_SCOPE, 'credit-grant'];

const MUST_BE_NAMED: ReadonlySet<string> = new Set(SCOPES.mustBeNamed);
const KNOWN: ReadonlySet<string> = new Set([DEFAULT_SCOPE, ...SCOPES.default, ...SCOPES.mustBeNamed]);

/** @returns whether a key may have this scope. */
export function isKnownScope(scope: string): boolean {
  return KNOWN.has(scope);
}

/** @returns every scope that a key may have, in the order of the documentation. */
export function knownScopes(): string[] {
  return [...KNOWN];
}

/**
 * Says whether a key reaches an endpoint. ROOT keys have every scope and are not asked.
 *
 * @param scopes those of the key; an empty set means the default.
 * @param scope that of the endpoint.
 */
export function scopeAllows(scopes: ReadonlySet<string>, scope: string): boolean {
  if (scopes.has(scope)) return true;
  if (MUST_BE_NAMED.has(scope)) return false;
  return scopes.size === 0 || scopes.has(DEFAULT_SCOPE);
}
