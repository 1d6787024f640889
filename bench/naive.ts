import { randomInt } from 'node:crypto';
import pg from 'pg';
import { ATTEMPT_LIMIT, hashSecret, type IdCipher } from '../src/ids.ts';
import { fromMicro, type Micro } from '../src/ledger/amount.ts';
import { Refusal } from '../src/refusals.ts';

/**
 * The baseline: credit-spend as a careful engineer would write it who takes one transaction for each request.
 * It has what makes such code fast (prepared statements, one look-up for session and account, one index a table,
 * heap-only updates, a pool as large as does it good) and keeps what Purser's entry keeps, but for lots and keys.
 */
export interface NaiveSpender {
  spend(request: NaiveSpend): Promise<NaiveAnswer>;
  stop(): Promise<void>;
}

export interface NaiveSpend {
  readonly identityId: string;
  readonly amount: Micro;
  readonly description: string | undefined;
  readonly ip: string | undefined;
  readonly ledgerId: number;
  readonly author: string;
}

export interface NaiveAnswer {
  readonly success: true;
  readonly transactionId: string;
  readonly oldCreditBalance: number;
  readonly newCreditBalance: number;
}

export const NAIVE_TABLES = `
  CREATE SCHEMA bench_naive;
  CREATE TABLE bench_naive.accounts (
    account_id bigint PRIMARY KEY,
    ledger_id bigint NOT NULL,
    last_seq integer NOT NULL,
    balance bigint NOT NULL CHECK (balance >= 0),
    banned boolean NOT NULL
  ) WITH (fillfactor = 50);
  CREATE TABLE bench_naive.entries (
    account_id bigint NOT NULL,
    seq integer NOT NULL,
    attempt integer NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    balance bigint NOT NULL,
    description text,
    author text NOT NULL,
    ip inet,
    PRIMARY KEY (account_id, seq)
  );
  INSERT INTO bench_naive.accounts (account_id, ledger_id, last_seq, balance, banned)
  SELECT account_id, ledger_id, 0, balance, banned FROM purser.accounts ORDER BY account_id;`;

// The best of 5, 10, 20 and 40 on two cores.
const POOL_SIZE = 10;

const LOCK = `
  SELECT a.account_id, a.last_seq, a.balance, a.banned, s.ended_at IS NULL AND s.expires_at > now() AS living
  FROM purser.sessions s JOIN bench_naive.accounts a ON a.account_id = s.account_id
  WHERE s.identity_hash = $1 AND s.ledger_id = $2 FOR UPDATE OF a`;
const UPDATE = `
  UPDATE bench_naive.accounts SET balance = $3, last_seq = $2 WHERE account_id = $1`;
const INSERT = `
  INSERT INTO bench_naive.entries (account_id, seq, attempt, at, kind, amount, balance, description, author, ip)
  VALUES ($1, $2, $3, clock_timestamp(), 'spend', $4, $5, $6, $7, $8)`;

interface LockedAccount {
  readonly account_id: string;
  readonly last_seq: number;
  readonly balance: string;
  readonly banned: boolean;
  readonly living: boolean;
}

/** Opens the baseline's own pool. */
export function openNaiveSpender(connectionString: string, ids: IdCipher): NaiveSpender {
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE });
  return {
    async spend(request) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const answer = await spendLocked(client, request, ids);
        await client.query('COMMIT');
        return answer;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },
    stop: () => pool.end(),
  };
}

async function spendLocked(client: pg.PoolClient, request: NaiveSpend, ids: IdCipher): Promise<NaiveAnswer> {
  const { rows } = await client.query<LockedAccount>({
    name: 'naive-lock',
    text: LOCK,
    values: [hashSecret(request.identityId), request.ledgerId],
  });
  const [account] = rows;
  if (!account?.living) throw new Refusal('INTERNAL_USER_MUST_BE_AUTHORIZED');
  if (account.banned) throw new Refusal('PUBLIC_CUSTOMER_IS_BANNED');
  const oldBalance = BigInt(account.balance);
  const balance = oldBalance - request.amount;
  if (balance < 0n) throw new Refusal('PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
  const seq = account.last_seq + 1;
  const attempt = randomInt(ATTEMPT_LIMIT);
  const { description, author, ip } = request;
  const { account_id: accountId } = account;
  await client.query({ name: 'naive-update', text: UPDATE, values: [accountId, seq, balance] });
  const values = [accountId, seq, attempt, -request.amount, balance, description, author, ip];
  await client.query({ name: 'naive-insert', text: INSERT, values });
  return {
    success: true,
    transactionId: ids.encode({ accountId: Number(account.account_id), seq, attempt }),
    oldCreditBalance: fromMicro(oldBalance),
    newCreditBalance: fromMicro(balance),
  };
}
