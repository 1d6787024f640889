import { BUGS_OF_BATCHES } from './bugs-of-batches.ts';
import { BUGS_OF_ORDERS } from './bugs-of-orders.ts';
import { BUGS_OF_RULES } from './bugs-of-rules.ts';
import type { SeededBug } from './seeded-bug.ts';

const MOMENTS = 'test/history/moments.test.ts';
const DOUBT = 'test/doubt/doubt.test.ts';
const TWO_WRITERS = {
  file: 'test/model/two-writers.test.ts',
  name: 'never let a spend work with lots that the other has changed',
};
const PLANS = 'src/writer/lane-plans.test.ts';
const LOCK = 'ORDER BY account_id FOR UPDATE\n';
const LOCKED_ROWS = `SELECT * FROM accounts WHERE account_id = ANY($1::bigint[]) ${LOCK}`;
const READ_BESIDE_LOCK = `
        SELECT a.* FROM accounts a JOIN (
          SELECT account_id FROM accounts WHERE account_id = ANY($1::bigint[]) ${LOCK}        ) AS l USING (account_id)
`;
const COMMIT = '({ command } = await commit);';

/** The list of quality.md, "seeded bugs", and what else has gone wrong or nearly. */
export const SEEDED_BUGS: readonly SeededBug[] = [
  ...BUGS_OF_RULES,
  ...BUGS_OF_ORDERS,
  ...BUGS_OF_BATCHES,
  {
    name: 'accounts are read without a lock',
    patches: [{ file: 'src/store/account-rows.ts', is: LOCK, becomes: LOCK.replace(' FOR UPDATE', '') }],
    test: TWO_WRITERS,
  },
  {
    name: 'accounts are locked and read in one statement, from its snapshot before the wait',
    patches: [
      {
        file: 'src/store/account-rows.ts',
        is: LOCKED_ROWS,
        becomes: READ_BESIDE_LOCK,
      },
    ],
    test: TWO_WRITERS,
  },
  {
    name: 'accounts are locked in no order that two batches share',
    patches: [
      {
        file: 'src/store/account-rows.ts',
        is: LOCK,
        becomes: LOCK.replace('ORDER BY account_id', 'ORDER BY md5(account_id::text)'),
      },
    ],
    test: { file: MOMENTS, name: 'several accounts are locked' },
  },
  {
    name: 'time is that of the transaction’s beginning and stands still while it waits for a lock',
    patches: [
      {
        file: 'src/store/moment.ts',
        is: 'floor(extract(epoch FROM clock_timestamp())',
        becomes: 'floor(extract(epoch FROM now())',
      },
    ],
    test: { file: MOMENTS, name: 'a lot falls due while its spend waits' },
  },
  {
    name: 'a refused spend that closed a lot leaves the account unwritten',
    patches: [
      {
        file: 'src/writer/play-batch.ts',
        is: 'if (plan.accounts.length > 0) queries',
        becomes: `if (plan.answers.some(({ answer }) => 'status' in answer && answer.status === 200)) queries`,
      },
    ],
    test: { file: MOMENTS, name: 'a refused spend meets what has fallen due' },
  },
  {
    name: 'money is rounded down',
    patches: [
      {
        file: 'src/ledger/amount.ts',
        is: 'return roundUp ? quotient + 1n : quotient;',
        becomes: 'return roundUp ? quotient : quotient;',
      },
    ],
    test: { file: 'src/ledger/amount.test.ts', name: 'a proportion is rounded half to even' },
  },
  {
    name: 'the lot that was first to burn is not written when another takes its place',
    patches: [
      {
        file: 'src/writer/plan-batch.ts',
        is: 'if (before && before.lot !== cursor?.lot && !lots.some((lot) => lot.lot === before.lot)) {',
        becomes: 'if (before && before.lot === -1) {',
      },
    ],
    test: { file: MOMENTS, name: 'another lot becomes the first to burn' },
  },
  {
    name: 'a key counts for every customer',
    patches: [
      {
        file: 'src/store/answered-keys.ts',
        is: `(SELECT account_id, key_hash, request_hash, 'entry'`,
        becomes: `(SELECT n.account_id, entries.key_hash, request_hash, 'entry'`,
      },
      {
        file: 'src/store/answered-keys.ts',
        is: `FROM entries WHERE \${isAsked})`,
        becomes: 'FROM entries WHERE entries.key_hash = n.key_hash LIMIT 1)',
      },
    ],
    test: { file: MOMENTS, name: 'two customers use one key' },
  },
  {
    name: 'a key is stored after the commit of its effect',
    patches: [
      {
        file: 'src/writer/play-batch.ts',
        is: 'insertEntries(client, plan.entries)',
        becomes: 'insertEntries(client, plan.entries.map((each) => ({ ...each, idempotency: undefined })))',
      },
      {
        file: 'src/writer/play-batch.ts',
        is: COMMIT,
        becomes: `${COMMIT}
    for (const { accountId, entry, idempotency } of plan.entries) {
      if (!idempotency) continue;
      await lastClient.query({
        text: 'UPDATE entries SET key_hash = $3, request_hash = $4 WHERE account_id = $1 AND seq = $2',
        values: [accountId, entry.seq, idempotency.keyHash, idempotency.requestHash],
      });
    }`,
      },
      {
        file: 'src/writer/play-batch.ts',
        is: 'const letGo = holdBack(client);',
        becomes: 'const letGo = holdBack(client);\n  lastClient = client;',
      },
      {
        file: 'src/writer/play-batch.ts',
        is: 'async function outcomeOf(',
        becomes: 'let lastClient: pg.ClientBase;\n\nasync function outcomeOf(',
      },
    ],
    test: { file: DOUBT, name: 'nothing happens twice: cut the reply' },
  },
  {
    name: 'the answer leaves before the commit',
    patches: [
      {
        file: 'src/writer/lane.ts',
        is: '      await sent.committed;',
        becomes: '      void sent.committed.catch(() => undefined);',
      },
    ],
    test: { file: DOUBT, name: 'when it cannot be settled: cut the request' },
  },
  {
    name: 'a COMMIT that was answered with ROLLBACK counts as done',
    patches: [
      {
        file: 'src/writer/play-batch.ts',
        is: `if (command === 'COMMIT') return;`,
        becomes: 'if (command) return;',
      },
    ],
    test: { file: DOUBT, name: 'with ROLLBACK for an answer is no success' },
  },
  {
    name: 'a refusal is told although what it hangs on may not have been committed',
    patches: [
      {
        file: 'src/writer/plan-batch.ts',
        is: 'hangsOnCommit: isChanged };',
        becomes: 'hangsOnCommit: isChanged && false };',
      },
    ],
    test: { file: 'src/writer/lane.test.ts', name: 'a refusal that only an uncertain commit made true' },
  },
  {
    name: 'a doubt is settled without the locks, while the commit is still on its way',
    patches: [
      {
        file: 'src/writer/settle-doubt.ts',
        is: '    await lockAccounts(tx, numberArray(accounts));',
        becomes: '    numberArray(accounts);\n    void lockAccounts;',
      },
    ],
    test: { file: DOUBT, name: 'nothing happens twice: delay the request' },
  },
  {
    name: 'an entry settles a doubt whoever wrote it',
    patches: [
      {
        file: 'src/store/entry-rows.ts',
        is: 'WHERE account_id = $1 AND seq = $2 AND attempt = $3`',
        becomes: 'WHERE account_id = $1 AND seq = $2 AND $3::integer IS NOT NULL`',
      },
    ],
    test: { file: DOUBT, name: 'is not mistaken for what another process has written' },
  },
  {
    name: 'a transaction is called unknown without waiting for a commit on its way',
    patches: [
      {
        file: 'src/operations/read-transaction.ts',
        is: 'await lockAccounts(tx, numberArray([accountId]));',
        becomes: 'void lockAccounts;\n      void numberArray;',
      },
    ],
    test: { file: MOMENTS, name: 'a transaction is looked up whose commit' },
  },
  {
    name: 'a refusal is judged anew when its request comes again',
    patches: [
      {
        file: 'src/writer/judge.ts',
        is: 'if (found) stored.set(found.keyHash, found.requestHash);',
        becomes: 'if (found && !found.refusal) stored.set(found.keyHash, found.requestHash);',
      },
      {
        file: 'src/store/answered-keys.ts',
        is: 'AS n (account_id, key_hash, request_hash, status, body)`,',
        becomes: 'AS n (account_id, key_hash, request_hash, status, body) ON CONFLICT DO NOTHING`,',
      },
    ],
    test: { file: MOMENTS, name: 'a refused request comes again after a top-up' },
    isQuick: true,
  },
  {
    name: 'whether a session lives is remembered instead of read with the batch',
    patches: [
      {
        file: 'src/writer/judge.ts',
        is: 'batch.moment.living.has(sessionId);',
        becomes: `(LIVES.get(sessionId) ?? batch.moment.living.has(sessionId));
    if (sessionId !== undefined && sessionLives !== undefined) LIVES.set(sessionId, sessionLives);`,
      },
      {
        file: 'src/writer/judge.ts',
        is: 'interface AnsweredBefore {',
        becomes: 'const LIVES = new Map<number, boolean>();\n\ninterface AnsweredBefore {',
      },
    ],
    test: { file: MOMENTS, name: 'a session ends, nothing is spent' },
    isQuick: true,
  },
  {
    name: 'a hold, its extension and its release are written without their keys',
    patches: [
      {
        file: 'src/writer/plan-batch.ts',
        is: 'idempotency: askedBy.get(change.version)?.idempotency,',
        becomes: 'idempotency: undefined,',
      },
    ],
    test: { file: MOMENTS, name: 'a hold is asked for again' },
  },
  {
    name: 'what is written off of a lot at last takes the place of what was written off of it before',
    patches: [
      {
        file: 'src/store/lot-rows.ts',
        is: 'written_off = l.written_off + n.written_off',
        becomes: 'written_off = n.written_off',
      },
    ],
    test: { file: MOMENTS, name: 'a lot has fallen due that a hold had pinned' },
  },
  {
    name: 'months are counted in UTC',
    patches: [
      {
        file: 'src/writer/setting.ts',
        is: 'monthOf(atMs, timeZone)',
        becomes: `monthOf(atMs, timeZone && 'UTC')`,
      },
    ],
    test: { file: MOMENTS, name: 'a month begins where the organisation is' },
  },
  {
    name: 'a sandbox lives in real time',
    patches: [
      {
        file: 'src/writer/read-batch.ts',
        is: '(moment.ledgers.get(ledgerId)?.clockOffsetMs ?? 0)',
        becomes: '0',
      },
    ],
    test: { file: MOMENTS, name: 'a month begins where the organisation is' },
  },
  {
    name: 'the sweeper’s index serves the look-up of an account’s next hold',
    patches: [
      {
        file: 'migrations/0007_sweepers_indexes.sql',
        is: 'WHERE ended_at_ms IS NULL AND ended_by IS NULL;',
        becomes: 'WHERE ended_at_ms IS NULL;',
      },
    ],
    test: { file: PLANS, name: 'it does so when the statistics know of few' },
  },
  {
    name: 'the end of a hold reads all holds that its account ever had',
    patches: [
      {
        file: 'src/store/hold-rows.ts',
        is: 'WHERE h.account_id = n.account_id AND h.hold = n.hold`',
        becomes:
          'WHERE h.account_id = n.account_id AND h.hold = n.hold AND h.account_id = ANY($1::bigint[])`',
      },
    ],
    test: { file: PLANS, name: 'it does so when the statistics know of few' },
  },
  {
    name: 'an account’s row does not hear that its next hold ends later',
    patches: [
      { file: 'src/writer/plan-batch.ts', is: '    holdDueMs === changes.holdDueMs &&\n', becomes: '' },
    ],
    test: { file: 'src/writer/account-row.test.ts', name: 'says when its first open hold ends' },
  },
];
