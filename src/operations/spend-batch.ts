import { Refusal, validationFailed } from '../refusals.ts';
import { findCustomersByCuRefNo } from '../store/customers.ts';
import type { Submission } from '../writer/job.ts';
import type { NamedCustomer, SpenderName } from './name-customer.ts';
import type { Caller, DecidedAnswer, Services } from './services.ts';
import { type SpendRequest, toSubmission } from './spend-credit.ts';

/** One spend of a batch, decoded, with the Idempotency-Key that is its own. */
export type BatchMember = SpendRequest & { readonly idempotencyKey?: string | undefined };

/** A batch; a member that could not be decoded is the refusal that it is answered. */
export interface BatchRequest {
  readonly members: readonly (BatchMember | Refusal)[];
  /** Whether all are done or none, for one customer. */
  readonly atomic: boolean;
}

type Settled = PromiseSettledResult<DecidedAnswer>[];

/**
 * Spends as so many requests of credit-spend would. Each for itself: what one is refused concerns no other, and those
 * of one customer are decided in their order. Atomic: where one is refused, all others are too, with
 * PUBLIC_CREDIT_BATCH_NOT_APPLIED.
 *
 * @returns what became of each, in their order; a rejection holds what spendCredit would have thrown.
 * @throws Refusal INTERNAL_VALIDATION_FAILED for an atomic batch of several customers, and what the database throws
 *   while the customers are looked up; then nothing was done.
 */
export async function spendBatch(
  services: Services,
  caller: Caller,
  { members, atomic }: BatchRequest,
  requestId: string,
): Promise<Settled> {
  const customers = await nameSpenders(services, caller, members);
  const submissions = members.map((member, i): Submission | Refusal => {
    const customer = customers[i];
    if (member instanceof Refusal) return member;
    if (customer === undefined) return notFound(member);
    const { idempotencyKey, ...spend } = member;
    return toSubmission(caller, customer, spend, { requestId, idempotencyKey });
  });
  if (atomic) return spendTogether(services, submissions);
  return Promise.allSettled(
    submissions.map((each) =>
      each instanceof Refusal ? Promise.reject(each) : services.writer.submit(each),
    ),
  );
}

async function spendTogether(
  { writer }: Pick<Services, 'writer'>,
  members: readonly (Submission | Refusal)[],
): Promise<Settled> {
  const submissions = members.filter((each): each is Submission => !(each instanceof Refusal));
  if (new Set(submissions.map(({ accountId }) => accountId)).size > 1) {
    const message = 'must all be of one customer, since atomic is true';
    throw validationFailed([{ pointer: '/spends', message }]);
  }
  const isSpoilt = submissions.length < members.length;
  const answers = writer.submitTogether(submissions, isSpoilt).values();
  return Promise.allSettled(
    members.map((each) => (each instanceof Refusal ? Promise.reject(each) : answers.next().value)),
  ) as Promise<Settled>;
}

/** Finds all of them at once, so that a thousand references do not cost a thousand reads. */
async function nameSpenders(
  { database, sessionNames }: Services,
  { ledgerId }: Caller,
  names: readonly (SpenderName | Refusal)[],
): Promise<(NamedCustomer | undefined)[]> {
  const references = new Set(
    names.flatMap((name) => (!(name instanceof Refusal) && 'cuRefNo' in name ? [name.cuRefNo] : [])),
  );
  const accounts =
    references.size === 0
      ? new Map<string, number>()
      : await findCustomersByCuRefNo(database.pool, ledgerId, [...references]);
  return Promise.all(
    names.map(async (name) => {
      if (name instanceof Refusal) return undefined;
      if ('cuRefNo' in name) {
        const accountId = accounts.get(name.cuRefNo);
        return accountId === undefined ? undefined : { accountId, ledgerId };
      }
      const session = await sessionNames.find(name.identityId);
      return session?.ledgerId === ledgerId ? session : undefined;
    }),
  );
}

function notFound(name: SpenderName): Refusal {
  return new Refusal('cuRefNo' in name ? 'INTERNAL_RESOURCE_NOT_FOUND' : 'INTERNAL_USER_MUST_BE_AUTHORIZED');
}
