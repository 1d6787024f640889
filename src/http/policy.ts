import type { TSchema } from 'typebox';
import type { Fault, RefusalCode } from '../refusals.ts';

/** A route of the public API: who calls it shows an API key. */
export interface KeyPolicy {
  readonly access: 'key';
  /** What the key must be allowed: the path below /api/v1/ without `customer/`. null: only ROOT keys may. */
  readonly scope: string | null;
  /** Whether the route works on a ledger, which a ROOT key then has to name. */
  readonly ledger: boolean;
  /** A cuRefNo may take the place of an identityId; the key's scopes must then name `any-customer`. */
  readonly anyCustomer?: true;
  /** How many requests one with this body counts as, for the rate limit; 1 unless given. */
  readonly countsAs?: (body: unknown) => number;
}

/** Who may call a route. `operator`: this machine, or whoever knows METRICS_TOKEN. */
export type RoutePolicy = KeyPolicy | { readonly access: 'public' } | { readonly access: 'operator' };

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route, such as `POST /api/v1/customer/credit-spend`, and who may call it. */
    policies: Map<string, RoutePolicy>;
  }
  interface FastifyContextConfig {
    policy?: RoutePolicy;
    /** Refusals that the route's own operation can answer, beside those that its policy implies. */
    refusals?: readonly RefusalCode[];
    /** Whether the route takes an Idempotency-Key. Where its members have one each, a header is refused. */
    takesIdempotencyKey?: boolean | 'in-members';
    /** What else is wrong with a body that its schema refuses: gets the members that the schema accepts. */
    moreFaults?(members: object): readonly Fault[];
    /** The body as the reference shows it, where the members are validated one by one. */
    documentedBody?: TSchema;
  }
}

/** The policy of pages and of what a monitor asks. */
export const PUBLIC: RoutePolicy = { access: 'public' };

/** @throws Error where a route was added without saying who may call it. */
export function policyOf(route: { url: string; config?: { policy?: RoutePolicy } }): RoutePolicy {
  const policy = route.config?.policy;
  if (policy === undefined) throw new Error(`the route ${route.url} has no policy`);
  return policy;
}
