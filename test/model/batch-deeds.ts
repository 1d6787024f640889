/** What makes groups, spends that are done all or none, hard; a run that has met none of a kind proves too little. */
export const GROUP_DEEDS = [
  'a group falls although a member was done before',
  'a group falls behind members that could have been done',
  'a group falls before members that could have been done',
  'a group falls since a member was refused before',
  'a group falls with a key',
  'a group is done',
  'a group is done of which a member was done before',
  'a group is done of which two members are one',
  'a session has ended in a group',
] as const;

/** What only whole requests meet. */
export const BATCH_DEEDS = [
  ...GROUP_DEEDS,
  'a batch that is no group is done in part',
  'a batch that is no group repeats a success',
  'a group is sent twice at one moment',
  'a group names somebody who is not there',
  'a batch that is no group is sent twice at one moment',
] as const;

/** A member of a batch and its answer, whoever gave it. */
export interface AnsweredMember {
  readonly key: string | undefined;
  readonly status: number;
  readonly code?: string | undefined;
  readonly replayed: boolean;
}

const NOT_APPLIED = 'PUBLIC_CREDIT_BATCH_NOT_APPLIED';

/** @returns what this group has met, of GROUP_DEEDS. */
export function* deedsOfGroup(members: readonly AnsweredMember[]): Generator<(typeof GROUP_DEEDS)[number]> {
  const keys = members.flatMap(({ key }) => key ?? []);
  const areTwoOne = new Set(keys).size < keys.length;
  const isReplayed = members.some(({ code, replayed }) => replayed && code === undefined);
  const refused = members.findIndex(({ code }) => code !== undefined && code !== NOT_APPLIED);
  if (refused < 0) {
    if (members.some(({ code }) => code !== undefined)) return;
    if (members.some(({ replayed }) => !replayed)) {
      yield 'a group is done';
      if (areTwoOne) yield 'a group is done of which two members are one';
      else if (isReplayed) yield 'a group is done of which a member was done before';
    }
    return;
  }
  const refusals = members.filter(({ code }) => code !== undefined && code !== NOT_APPLIED);
  if (isReplayed) yield 'a group falls although a member was done before';
  if (refusals.some(({ key, status }) => key !== undefined && status === 402))
    yield 'a group falls with a key';
  if (refusals.some(({ status }) => status === 401)) yield 'a session has ended in a group';
  const spared = members.flatMap(({ code }, i) => (code === NOT_APPLIED ? [i] : []));
  const isOfThePast = refusals.every(({ replayed }) => replayed);
  if (isOfThePast && spared.length > 0) yield 'a group falls since a member was refused before';
  if (spared.some((i) => i < refused)) yield 'a group falls behind members that could have been done';
  if (spared.some((i) => i > refused)) yield 'a group falls before members that could have been done';
}

/** @returns what this batch has met, of BATCH_DEEDS. */
export function* deedsOfBatch(
  members: readonly AnsweredMember[],
  { atomic, hasTwin }: { readonly atomic: boolean; readonly hasTwin: boolean },
): Generator<(typeof BATCH_DEEDS)[number]> {
  if (atomic) {
    yield* deedsOfGroup(members);
    if (hasTwin) yield 'a group is sent twice at one moment';
    if (members.some(({ status }) => status === 404)) yield 'a group names somebody who is not there';
    return;
  }
  if (hasTwin) yield 'a batch that is no group is sent twice at one moment';
  const done = members.filter(({ code }) => code === undefined);
  if (done.length > 0 && done.length < members.length) yield 'a batch that is no group is done in part';
  if (done.some(({ replayed }) => replayed)) yield 'a batch that is no group repeats a success';
}
