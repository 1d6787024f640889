import { isNotApplied } from './client.ts';
import { type Attempt, type Batch, type History, millionths, type Operation } from './record.ts';
import type { AccountRows, HistoryRow } from './rows.ts';

/** A large group is known by its first members. */
const LONGEST_NAMES = 200;

type Effects = ReadonlyMap<Operation, HistoryRow>;

/** @returns what is wrong with the batches: members out of order, groups that were done in part. */
export function checkBatches(
  { batches }: History,
  effects: Effects,
  rowsOf: ReadonlyMap<number, AccountRows>,
): string[] {
  return batches.flatMap((batch) => {
    const faults = batch.atomic ? checkGroup(batch, effects, rowsOf) : checkPlain(batch, effects);
    const names = batch.members
      .map(({ name }) => name)
      .join(', ')
      .slice(0, LONGEST_NAMES);
    return faults.map((fault) => `${batch.atomic ? 'group' : 'batch'} of ${names}: ${fault}`);
  });
}

/** @returns whether some member of a group was refused, so that none may have been done. */
export function isFallen({ atomic, results }: Batch): boolean {
  return atomic && results.some((result) => result.kind === 'answered' && isRefusal(result.status));
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500;
}

/** What one member is refused concerns no other, and those of one customer are done in their order. */
function checkPlain(batch: Batch, effects: Effects): string[] {
  const isNew = batch.results.some((result, i) => isNotApplied(result) && !wasInGroup(batch, i));
  const faults = isNew ? ['is none, yet was not applied as a whole'] : [];
  for (const accountId of new Set(batch.members.map(({ subject }) => subject.accountId))) {
    const alone = onlyIn([batch], batch).filter(({ subject }) => subject.accountId === accountId);
    faults.push(...checkOrder(alone, effects));
  }
  return faults;
}

/** @returns whether a member may repeat what it was told in another batch, that was done all or none. */
function wasInGroup(batch: Batch, index: number): boolean {
  const attempts = batch.members[index]?.attempts ?? [];
  return attempts.some(({ place }) => place && place.batch !== batch && place.batch.atomic);
}

function checkGroup(batch: Batch, effects: Effects, rowsOf: ReadonlyMap<number, AccountRows>): string[] {
  const faults: string[] = [];
  const { members, results, twin } = batch;
  if (isFallen(batch)) {
    if (
      results.every(
        (result, i) =>
          result.kind !== 'answered' ||
          result.status === 200 ||
          (isNotApplied(result) && !wasInGroup(batch, i)),
      )
    ) {
      faults.push('was not applied although nobody was refused');
    }
    results.forEach((result, i) => {
      const operation = members[i];
      if (result.kind !== 'answered' || result.status !== 200 || !operation) return;
      // A success of the past is repeated; it is none of this group.
      if (!operation.attempts.some((attempt) => mayHaveDone(attempt, batch))) {
        faults.push(`fell, yet ${operation.name} was done`);
      }
    });
  }
  // What was asked for in this request alone, and what was in both when it was sent twice.
  const alone = onlyIn([batch], batch);
  const both = twin ? onlyIn([batch, twin], batch).filter((each) => !alone.includes(each)) : [];
  for (const operations of [alone, both]) faults.push(...checkTogether(operations, batch, effects, rowsOf));
  return faults;
}

/** @returns whether this attempt, which was no part of the batch, may be the one that did what the batch repeats. */
function mayHaveDone({ result, sentAtMs, place }: Attempt, batch: Batch): boolean {
  if (place?.batch === batch || sentAtMs >= batch.answeredAtMs) return false;
  if (place && isFallen(place.batch)) return false;
  return result.kind === 'lost' || result.status === 200 || result.status === 503;
}

/** All are there or none, in their order, at one instant and with nothing of others between them. */
function checkTogether(
  operations: readonly Operation[],
  { members, twin }: Batch,
  effects: Effects,
  rowsOf: ReadonlyMap<number, AccountRows>,
): string[] {
  const done = operations.flatMap((operation) => effects.get(operation) ?? []);
  const [first] = done;
  if (!first) return [];
  if (done.length < operations.length) {
    const missing = operations.filter((operation) => !effects.has(operation));
    return [`was done without ${missing.map(({ name }) => name).join(', ')}`];
  }
  const faults = checkOrder(operations, effects);
  if (done.some(({ atMs }) => atMs !== first.atMs)) faults.push('was done at several instants');
  const versions = done.map(({ version }) => version);
  const own = new Set([...members, ...(twin?.members ?? [])].map((operation) => effects.get(operation)));
  const between = rowsOf.get(first.accountId)?.rows.slice(Math.min(...versions) - 1, Math.max(...versions));
  const strange = between?.find((row) => !own.has(row));
  if (strange) faults.push(`was done with version ${strange.version} of others in between`);
  return faults;
}

function checkOrder(operations: readonly Operation[], effects: Effects): string[] {
  const versions = operations.flatMap((operation) => effects.get(operation)?.version ?? []);
  const isInOrder = versions.every((version, i) => i === 0 || version > (versions[i - 1] ?? 0));
  return isInOrder ? [] : [`was done out of order: ${versions.join(', ')}`];
}

/** @returns members that were asked for in these requests and nowhere else, each once. */
function onlyIn(batches: readonly Batch[], { members }: Batch): Operation[] {
  return [...new Set(members)].filter(({ attempts }) =>
    attempts.every(({ place }) => place && batches.includes(place.batch)),
  );
}

/**
 * A member of a group is judged after those before it. When the group then falls they have taken nothing, so that what
 * they asked for is told as required with it.
 *
 * @returns what may have been required beside what this operation asks for, in millionths.
 */
export function requiredBefore({ attempts }: Operation): number[] {
  const sums = attempts.flatMap(({ place, result }) => {
    if (!place?.batch.atomic) return [0];
    const { batch, index } = place;
    const before = new Map(batch.members.slice(0, index).map((each, i) => [each, batch.results[i]]));
    const isKnown = result.kind === 'answered' && result.status < 500;
    let possible = [0];
    for (const [{ amount = 0, attempts: others }, told] of before) {
      if (isKnown && !(told && isNotApplied(told))) continue;
      const taken = possible.map((sum) => sum + millionths(amount));
      // Whoever got no answer does not know who would have been done, nor who was told so before.
      const isCertain = isKnown && others.every((other) => other.place?.batch === batch);
      possible = isCertain ? taken : [...new Set([...possible, ...taken])];
    }
    return possible;
  });
  return [...new Set(sums)];
}
