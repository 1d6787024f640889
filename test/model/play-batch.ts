import { type BatchMember, spendBatch } from '../../src/operations/spend-batch.ts';
import type { BatchAction, MemberAsking } from './batch-actions.ts';
import { type AnsweredMember, deedsOfBatch } from './batch-deeds.ts';
import type { NaiveRequest } from './naive-words.ts';
import type { Model, Prepared, Subject } from './play.ts';
import { changed, type Resolved, spenderOf, toNaive } from './requests.ts';
import { type Observed, observe, type World } from './world.ts';

type ResolvedSpend = Extract<Resolved, { kind: 'spend' }>;

/** A member of which everything is settled. */
interface Member {
  readonly request: ResolvedSpend;
  readonly key: string | undefined;
  readonly isNobody: boolean;
}

/** A batch that was sent, to be sent again. */
export interface SentBatch {
  readonly members: readonly Member[];
  readonly atomic: boolean;
}

/** @returns the batch as often as it is to be sent at one moment; none where there is nothing to send. */
export function prepareBatch(model: Model, world: World, subject: Subject, action: BatchAction): Prepared[] {
  const batch =
    action.kind === 'batch' ? newBatch(model, subject, action) : sentBefore(subject, action.which);
  if (!batch) return [];
  // Of what has no key nothing is the same a second time.
  const isKeyed = batch.members.some(({ key, isNobody }) => key !== undefined && !isNobody);
  const hasTwin = action.kind === 'batch' && action.hasTwin && isKeyed;
  const prepared: Prepared = {
    turns: turnsOf(batch),
    async send() {
      const observed = await sendBatch(world, subject, batch);
      const members = observed.map((each, i): AnsweredMember => ({ ...each, key: batch.members[i]?.key }));
      for (const deed of deedsOfBatch(members, { atomic: batch.atomic, hasTwin })) {
        model.reached.batchDeeds.add(deed);
      }
      return observed;
    },
  };
  return hasTwin ? [prepared, prepared] : [prepared];
}

function newBatch(
  model: Model,
  subject: Subject,
  { members: asked, atomic }: Extract<BatchAction, { kind: 'batch' }>,
): SentBatch | undefined {
  const members: Member[] = [];
  for (const asking of asked) {
    const last = members.findLast(({ key }) => key !== undefined);
    const member = asking.kind === 'repeat' ? last : memberOf(model, subject, asking);
    if (member) members.push(member);
  }
  if (members.length === 0) return undefined;
  const batch = { members, atomic };
  subject.sentBatches.push(batch);
  return batch;
}

function memberOf(
  model: Model,
  subject: Subject,
  asking: Exclude<MemberAsking, { kind: 'repeat' }>,
): Member | undefined {
  const isNobody = asking.naming === 'nobody';
  const naming = asking.naming === 'nobody' ? 'cuRefNo' : asking.naming;
  if (asking.kind === 'again') {
    const { keys } = subject.account;
    const statusOf = (key: string) => keys.get(key)?.answer.status ?? 0;
    const isMeant = (key: string) =>
      !asking.was || (asking.was === 'done' ? statusOf(key) === 200 : statusOf(key) > 200);
    const sent = subject.sent.flatMap(({ key, request }) =>
      request.kind === 'spend' && isMeant(key) ? [{ key, request }] : [],
    );
    const again = sent.at(-1 - (asking.which % Math.max(1, sent.length)));
    if (!again) return undefined;
    const request = asking.isChanged ? changed(again.request) : again.request;
    return request.kind === 'spend'
      ? { request: { ...request, naming }, key: again.key, isNobody }
      : undefined;
  }
  const { description } = asking;
  const request = { kind: 'spend' as const, amount: amountOf(asking, subject), description, naming };
  if (!asking.keyed) return { request, key: undefined, isNobody };
  const key = `key-${++model.keys}`;
  if (!isNobody) subject.sent.push({ key, request });
  return { request, key, isNobody };
}

/** @returns what several members can spend together, or just not. */
function amountOf({ amount, share }: Extract<MemberAsking, { kind: 'new' }>, { account }: Subject): bigint {
  const { available } = account;
  const most = 1_000_000_000_000_000n;
  if (share === 'itself' || available < 4n || available >= most) return amount;
  if (share === 'a quarter') return available / 4n;
  return share === 'all' ? available : available + 1n;
}

function sentBefore({ sentBatches }: Subject, which: number): SentBatch | undefined {
  return sentBatches.at(-1 - (which % Math.max(1, sentBatches.length)));
}

/** Each for itself, or all in one turn. */
function turnsOf({ members, atomic }: SentBatch): NaiveRequest[][] {
  const requests = members.map(({ request, key, isNobody }): NaiveRequest => {
    const naive = toNaive(request, key);
    return isNobody ? { ...naive, isElsewhere: true } : naive;
  });
  return atomic ? [requests] : requests.map((request) => [request]);
}

async function sendBatch(
  { services, main, stranger }: World,
  { customer }: Subject,
  { members, atomic }: SentBatch,
): Promise<Observed[]> {
  const spends = members.map(({ request, key, isNobody }): BatchMember => {
    const { amount, description, naming } = request;
    const spender = isNobody ? { cuRefNo: stranger.cuRefNo } : spenderOf(customer, naming);
    return { ...spender, amount, description, idempotencyKey: key };
  });
  const settled = await spendBatch(services, main, { members: spends, atomic }, 'model');
  return Promise.all(
    settled.map((outcome) =>
      observe(
        outcome.status === 'fulfilled' ? Promise.resolve(outcome.value) : Promise.reject(outcome.reason),
      ),
    ),
  );
}
