import { LARGE_GROUP } from './batches.ts';
import { isFallen } from './check-batches.ts';
import { isNotApplied } from './client.ts';
import type { Batch, History, Operation } from './record.ts';

/** What batches must have met, each in at least so many of a thousand batches. */
const WANTED = {
  'a batch that is no group': 150,
  'a batch that is no group, done in part': 30,
  'a batch that is no group, sent twice at one moment': 10,
  'a batch of several customers': 100,
  'a group that is done': 150,
  'a group that is done and repeats a success': 20,
  'a group that falls': 100,
  'a group that falls behind members that could have been done': 50,
  'a group that falls although it repeats a success': 10,
  'a group that falls because it repeats a refusal': 5,
  'a group larger than what the writer takes at once': 5,
  'a group sent twice at one moment': 40,
  'a group with a session that has ended': 10,
  'a member without a key in a group that is done': 50,
  'a member without a key in a group that falls': 50,
} as const;

type BatchDeed = keyof typeof WANTED;

/** How many batches there were, and what they met. */
export interface BatchReach {
  batches: number;
  readonly deeds: Partial<Record<BatchDeed, number>>;
}

/** Adds what the batches of a history have met. */
export function addBatches(reach: BatchReach, { batches }: History): void {
  for (const batch of batches) {
    reach.batches += 1;
    for (const deed of batch.atomic ? deedsOfGroup(batch) : deedsOfPlain(batch)) {
      reach.deeds[deed] = (reach.deeds[deed] ?? 0) + 1;
    }
  }
}

function* deedsOfPlain(batch: Batch): Generator<BatchDeed> {
  const { members, results } = batch;
  yield 'a batch that is no group';
  if (new Set(members.map(({ subject }) => subject)).size > 1) yield 'a batch of several customers';
  const has = (status: number) =>
    results.some((result) => result.kind === 'answered' && result.status === status);
  if (has(200) && has(402)) yield 'a batch that is no group, done in part';
  if (overlaps(batch)) yield 'a batch that is no group, sent twice at one moment';
}

function* deedsOfGroup(batch: Batch): Generator<BatchDeed> {
  const { members, results } = batch;
  const statuses = results.map((result) => (result.kind === 'answered' ? result.status : 0));
  const isKeyless = members.some(({ idempotencyKey }) => idempotencyKey === undefined);
  const repeats = (status: number) =>
    members.some((operation, i) => statuses[i] === status && wasAnswered(operation, status, batch));
  if (members.length >= LARGE_GROUP) yield 'a group larger than what the writer takes at once';
  if (overlaps(batch)) yield 'a group sent twice at one moment';
  if (statuses.includes(401)) yield 'a group with a session that has ended';
  if (isFallen(batch)) {
    yield 'a group that falls';
    if (isKeyless) yield 'a member without a key in a group that falls';
    const refused = results.findIndex((_, i) => isOwnRefusal(batch, i));
    if (results.slice(0, refused).some(isNotApplied)) {
      yield 'a group that falls behind members that could have been done';
    }
    if (repeats(200)) yield 'a group that falls although it repeats a success';
    const own = members.filter((_, i) => isOwnRefusal(batch, i));
    if (results.some(isNotApplied) && own.every((operation) => wasAnswered(operation, 402, batch))) {
      yield 'a group that falls because it repeats a refusal';
    }
  } else if (statuses.every((status) => status === 200)) {
    yield 'a group that is done';
    if (isKeyless) yield 'a member without a key in a group that is done';
    if (repeats(200)) yield 'a group that is done and repeats a success';
  }
}

function isOwnRefusal({ results }: Batch, i: number): boolean {
  const result = results[i];
  return result?.kind === 'answered' && result.status !== 200 && !isNotApplied(result);
}

/** Whether it was known before this batch was sent. */
function wasAnswered({ attempts }: Operation, status: number, { sentAtMs }: Batch): boolean {
  return attempts.some(
    ({ result, answeredAtMs }) =>
      result.kind === 'answered' && result.status === status && answeredAtMs < sentAtMs,
  );
}

function overlaps({ twin, sentAtMs, answeredAtMs }: Batch): boolean {
  return !!twin && sentAtMs < twin.answeredAtMs && twin.sentAtMs < answeredAtMs;
}

/** @returns what the batches of a run have not met often enough, in words. */
export function missingBatches({ batches, deeds }: BatchReach): string[] {
  return Object.entries(WANTED).flatMap(([deed, wanted]) => {
    const found = deeds[deed as BatchDeed] ?? 0;
    return found > 0 && 1000 * found >= wanted * batches
      ? []
      : [`${found} of ${batches} batches: ${deed}, wanted ${wanted} of 1000`];
  });
}
