import type { SeededBug } from './seeded-bug.ts';

const RULES = { file: 'test/model/decide.test.ts', name: 'decides as the model does' };
const MODEL = {
  file: 'test/model/credit.test.ts',
  name: 'gives the answers, the log and the rows of the model',
};
const HISTORY = {
  file: 'test/history/history.test.ts',
  name: 'give every customer one serial history, every effect once',
};

/** Faults of spends that go out many at once, some of them all or none. */
export const BUGS_OF_BATCHES: readonly SeededBug[] = [
  {
    name: 'a group that falls keeps the members before the refused one',
    patches: [
      {
        file: 'src/ledger/fallen-group.ts',
        is: '(request.group === group ? [i] : [])',
        becomes: "(request.group === group && outcomes[i]?.kind !== 'done' ? [i] : [])",
      },
    ],
    test: RULES,
  },
  {
    name: 'a group is done although a member repeats a refusal',
    patches: [
      {
        file: 'src/ledger/fallen-group.ts',
        is: '? refusedKeys.has(outcome.keyHash)',
        becomes: '? refusedKeys.size < 0',
      },
    ],
    test: RULES,
  },
  {
    name: 'a refusal binds no key when its group falls',
    patches: [
      {
        file: 'src/ledger/decide.ts',
        is: `(outcome.kind === 'done' || outcome.binds)) {`,
        becomes: `(outcome.kind === 'done' || (outcome.binds && !member))) {`,
      },
    ],
    test: RULES,
  },
  {
    name: 'a late retry does what a group that fell for good left undone',
    patches: [
      {
        file: 'src/ledger/fallen-group.ts',
        is: 'refusedAsNotApplied(isForGood)',
        becomes: 'refusedAsNotApplied(false && isForGood)',
      },
    ],
    test: RULES,
  },
  {
    name: 'a member of a group that fell is told figures that never were',
    patches: [
      {
        file: 'src/ledger/decide.ts',
        is: 'member ? retell(book, request.command, member)',
        becomes: 'member ? member.refused',
      },
    ],
    test: RULES,
  },
  {
    name: 'the rules are not told which of the answers of the past were refusals',
    patches: [
      {
        file: 'src/writer/judge.ts',
        is: 'if (found?.refusal) refusedKeys.add(found.keyHash);',
        becomes: 'if (found?.refusal) refusedKeys.delete(found.keyHash);',
      },
    ],
    test: MODEL,
  },
  {
    name: 'a batch that is no group is treated as one',
    patches: [
      {
        file: 'src/operations/spend-batch.ts',
        is: 'if (atomic) return spendTogether(',
        becomes: 'if (atomic || members.length > 1) return spendTogether(',
      },
    ],
    test: MODEL,
  },
  {
    name: 'a group goes on its way one by one',
    patches: [
      {
        file: 'src/writer/writer.ts',
        is: 'push({ ...submission, group }, submittedAtMs)',
        becomes: 'push({ ...submission, group: group && undefined }, submittedAtMs)',
      },
    ],
    test: HISTORY,
  },
  {
    name: 'a group is cut in two where its batch is full',
    patches: [
      {
        file: 'src/writer/job.ts',
        is: 'if (!group) return size;',
        becomes: 'if (!group || size > 0) return size;',
      },
    ],
    test: HISTORY,
  },
];
