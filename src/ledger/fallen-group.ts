import type { Micro } from './amount.ts';
import type { Book } from './book.ts';
import type { Command, Group, LedgerRequest, Outcome, Refused } from './command.ts';
import { limitReached, notSufficient, refusedAsNotApplied } from './refuse.ts';

/** What a member of a group that is not done is refused. */
interface FallenMember {
  readonly refused: Refused;
  /** What the members before it would have taken, which is there after all. */
  readonly takenBefore: Micro;
}

/** Groups that cannot be done as a whole, with their members by their places among the requests. */
export type FallenGroups = Map<Group, ReadonlyMap<number, FallenMember>>;

/**
 * Looks for a group of which some member was refused, here or before, and notes what all its members are refused
 * then. Since the rules are pure, all is then simply played again without it: there is nothing to take back.
 *
 * @param refusedKeys hashes of the keys whose stored answer is a refusal.
 * @returns whether there was one.
 */
export function findFallenGroup(
  requests: readonly LedgerRequest[],
  outcomes: readonly Outcome[],
  refusedKeys: ReadonlySet<string>,
  fallen: FallenGroups,
): boolean {
  const isRefused = (outcome: Outcome | undefined): boolean => {
    if (outcome?.kind !== 'replay') return outcome?.kind === 'refused';
    return outcome.earlier === undefined
      ? refusedKeys.has(outcome.keyHash)
      : isRefused(outcomes[outcome.earlier]);
  };
  const group = requests.find(
    ({ group }, i) =>
      group !== undefined && !fallen.has(group) && (group.isSpoilt === true || isRefused(outcomes[i])),
  )?.group;
  if (!group) return false;
  const places = requests.flatMap((request, i) => (request.group === group ? [i] : []));
  // What made it fall for good keeps its members from being done by a late retry; what did not, does not.
  const isForGood = places.some((i) => isRefused(outcomes[i]) && bindsKey(outcomes[i]));
  const members = new Map<number, FallenMember>();
  let takenBefore = 0n;
  for (const i of places) {
    const [request, outcome] = [requests[i], outcomes[i]];
    const refused = outcome?.kind === 'refused' ? outcome : refusedAsNotApplied(isForGood);
    members.set(i, { refused, takenBefore });
    if (request?.command.kind === 'spend' && outcome?.kind === 'done') takenBefore += request.command.amount;
  }
  fallen.set(group, members);
  return true;
}

/** @returns whether an Idempotency-Key repeats it; what is replayed is repeated already. */
function bindsKey(outcome: Outcome | undefined): boolean {
  return outcome?.kind !== 'refused' || outcome.binds;
}

/**
 * @returns what a member is refused, with figures as they are: none of the members before it has taken anything, so
 *   that what they and it ask for together is what is required.
 */
export function retell(
  { account, limits }: Book,
  command: Command,
  { refused, takenBefore }: FallenMember,
): Refused {
  if (command.kind !== 'spend') return refused;
  const required = takenBefore + command.amount;
  switch (refused.code) {
    case 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT':
      return notSufficient(account, required);
    case 'PUBLIC_CREDIT_LIMIT_REACHED':
      return limits ? limitReached(account, limits, takenBefore > 0n ? required : undefined) : refused;
    default:
      return refused;
  }
}
