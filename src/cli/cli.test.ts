import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTestDatabase, startServer } from '../../test/harness.ts';
import { CLI, openPurserCli, type PurserCli } from '../../test/purser-cli.ts';

let cli: PurserCli;
before(async () => {
  cli = await openPurserCli();
});
after(() => cli.close());

const run: PurserCli['run'] = (...given) => cli.run(...given);
const purser: PurserCli['purser'] = (...given) => cli.purser(...given);
const done: PurserCli['done'] = (...given) => cli.done(...given);
const json: PurserCli['json'] = (...given) => cli.json(...given);
const refused: PurserCli['refused'] = (...given) => cli.refused(...given);

test('help has examples and is an answer, a missing or unknown command is a fault', async () => {
  const [help, keyHelp] = [await done('--help'), await done('key', 'create', '--help')];
  assert.match(help, /npm run purser -- organisation create/);
  assert.match(keyHelp, /--replaces 3 --overlap 7d/);
  assert.match(keyHelp, /default:\s+default,credit-grant/);
  await refused(2, ['key'], /Usage: purser key/);
  await refused(2, ['keys'], /unknown command 'keys'/);
  assert.match(await done('--version'), /^\d+\.\d+\.\d+\n$/);
});

test('a program that asks for JSON gets its faults as JSON too, those of the command line itself included', async () => {
  for (const words of [
    ['key', 'create', '--kind', 'FOO', '--json'],
    ['key', 'list', '--nothing', '--json'],
    ['grant', '--json', 'a@example.com'],
    ['key', '--json'],
  ]) {
    const { exitCode, stderr } = await purser(...words);
    const { success, error } = JSON.parse(stderr);
    assert.deepEqual([exitCode, success, error.code], [2, false, 'USAGE'], stderr);
    assert.doesNotMatch(error.message, /^error|outputHelp/);
  }
});

test('an organisation is made, listed, suspended and resumed', async () => {
  const made = await json('organisation', 'create', '--name', 'Čtvrtá', '--currency', 'EUR');
  assert.deepEqual(made, { slug: 'ctvrta', name: 'Čtvrtá', currency: 'EUR', timeZone: 'UTC' });
  assert.match(await done('organisation', 'list'), /corner-gym +Corner Gym +CZK +Europe\/Prague +active/);
  assert.deepEqual(await json('organisation', 'suspend', 'ctvrta'), { slug: 'ctvrta', suspended: true });
  assert.match(await done('organisation', 'list'), /ctvrta .*suspended/);
  assert.deepEqual(await json('organisation', 'resume', '--organisation', 'ctvrta'), {
    slug: 'ctvrta',
    suspended: false,
  });
  const wrong = ['organisation', 'create', '--name', 'X', '--currency', 'crowns', '--time-zone', 'Mars'];
  await refused(2, wrong, /--currency must be.*\n--time-zone must be/);
});

test('a key is told once, by default for the first organisation with default,credit-grant', async () => {
  const key = await json('key', 'create', '--kind', 'DEV');
  assert.match(String(key.apiKey), /^DEV_[A-Za-z0-9]{28}$/);
  assert.equal(key.organisation, 'corner-gym');
  assert.deepEqual(key.scopes, ['default', 'credit-grant']);
  const text = await done('key', 'create', '--kind', 'PROD', '--replaces', String((await prodKey()).id));
  const secret = /PROD[A-Za-z0-9]{28}/.exec(text)?.[0] ?? '';
  assert.match(secret, /^PROD/);
  const listed = await done('key', 'list');
  for (const each of [String(key.apiKey), secret]) {
    assert.ok(!listed.includes(each));
    assert.ok(listed.includes(`${each.slice(0, 4)}...${each.slice(-4)}`));
  }
});

async function prodKey(): Promise<Record<string, unknown>> {
  return json('key', 'create', '--kind', 'PROD', '--scope', 'credit-log', '--expires', '3d');
}

test('a key that ends soon is marked, a revoked one stays revoked', async () => {
  const { id, apiKey } = await prodKey();
  const stateOf = async () => {
    const { keys } = (await json('key', 'list')) as { keys: { id: number; state: string }[] };
    return keys.find((key) => key.id === id)?.state;
  };
  assert.equal(await stateOf(), 'ends-soon');
  assert.deepEqual(await json('key', 'revoke', String(apiKey)), { id, revoked: true });
  assert.equal(await stateOf(), 'deleted');
  await refused(2, ['key', 'revoke', '999999'], /The ID names no API key/);
  await refused(2, ['key', 'create', '--kind', 'DEV', '--scope', 'everything'], /--scope unknown scope/);
  await refused(
    2,
    ['key', 'create', '--kind', 'DEV', '--expires', '2020-01-01'],
    /--expires must be in the future/,
  );
});

test('a spend is refunded and a grant voided by their ids, in whichever ledger they are', async () => {
  const email = 'undo@example.com';
  await done('customer', 'create', email, '--ledger', 'sandbox');
  const granted = await json('grant', email, '--ledger', 'sandbox', '--amount', '10');
  const id = String(granted.transactionId);
  assert.match(
    await done('void', id, '--description', 'charge-back'),
    /Credit before +10\nCredit after +0$/m,
  );
  await refused(1, ['void', id], /Not that much is left/);
  await refused(1, ['refund', id], /no transaction \w{16} that this could undo/);
  await refused(1, ['refund', 'x'.repeat(16)], /no transaction/);
});

test('a sandbox is moved through time and emptied, by its name', async () => {
  const email = 'time@example.com';
  await done('customer', 'create', email, '--ledger', 'sandbox');
  await done('grant', email, '--ledger', 'sandbox', '--amount', '10');
  const moved = await json('sandbox', 'clock', '--advance', '1d12h');
  assert.equal(moved.advancedBy, 129_600);
  await refused(2, ['sandbox', 'clock', '--to', '2020-01-01T00:00:00Z'], /--to must be later/);
  await refused(2, ['sandbox', 'clock'], /--advance or --to/);
  await refused(2, ['sandbox', 'reset', '--confirm', 'other'], /--confirm must be/);
  assert.deepEqual(await json('sandbox', 'reset', '--confirm', 'corner-gym'), { success: true });
  assert.equal((await json('customer', 'show', email, '--ledger', 'sandbox')).creditBalance, 0);
});

test('a repeated grant with its key is told as the first one and not done again', async () => {
  const email = 'twice@example.com';
  await done('customer', 'create', email);
  const grant = ['grant', email, '--amount', '5', '--idempotency-key', 'order-1'];
  const first = await done(...grant, '--json');
  assert.equal(await done(...grant, '--json'), first);
  assert.match(await done(...grant), /Replayed +yes/);
  const other = ['grant', email, '--amount', '6', '--idempotency-key', 'order-1'];
  await refused(1, other, /Idempotency key was used with another request/);
  assert.equal((await json('customer', 'show', email)).creditBalance, 5);
});

test('amounts that are not exact, and ends that are past or impossible, are refused in words', async () => {
  const email = 'wrong@example.com';
  await done('customer', 'create', email);
  const grant = (...words: string[]) => ['grant', email, ...words];
  await refused(2, grant('--amount', '1.0000001'), /at most 6 decimal places/);
  await refused(2, grant('--amount', '1', '--expires', '2020-01-01'), /--expires /);
  await refused(2, grant('--amount', '1', '--expires', '2030-02-30'), /--expires must be a date/);
  await refused(2, ['customer', 'adjust', email, '--amount', '-1', '--money', '1'], /--money must be absent/);
  await refused(1, ['grant', 'nobody@example.com', '--amount', '1'], /no customer nobody@example.com/);
});

test('an organisation gets a name and the origins that its addresses may lead to', async () => {
  await done('organisation', 'create', '--name', 'Web shop', '--currency', 'EUR');
  const update = (...words: string[]) => json('organisation', 'update', 'web-shop', ...words);
  const origins = ['https://shop.example.com', 'http://localhost:8080'];
  const set = await update('--origin', 'https://SHOP.example.com/', '--origin', 'http://localhost:8080');
  const rest = { slug: 'web-shop', returnedLifeLeastDays: 1, returnedLifeMostDays: 30 };
  assert.deepEqual(set, { ...rest, name: 'Web shop', origins });
  assert.deepEqual(await update('--name', 'Shop'), { ...rest, name: 'Shop', origins });
  const life = ['--returned-life-least', '2', '--returned-life-most', '60'];
  const living = { returnedLifeLeastDays: 2, returnedLifeMostDays: 60 };
  assert.deepEqual(await update('--no-origin', ...life), { ...rest, ...living, name: 'Shop', origins: [] });
  await refused(
    2,
    ['organisation', 'update', 'web-shop', '--returned-life-least', '61'],
    /--returned-life-least must not be more than the most, 60 days/,
  );
  const wrong = ['organisation', 'update', 'web-shop', '--origin', 'https://shop.example.com/path'];
  await refused(2, wrong, /--origin must be an origin such as/);
  await refused(2, ['organisation', 'update'], /Name at least one thing to change/);
});

test('verify is content with what the commands wrote, and exits with 1 and a line where a figure was changed', async () => {
  const email = 'verify@example.com';
  const { cuRefNo } = await json('customer', 'create', email);
  await done('grant', email, '--amount', '10');
  const { findings, accounts } = await json('verify');
  assert.deepEqual(findings, []);
  assert.ok(Number(accounts) > 0);
  const database = openTestDatabase(cli.fresh, 1);
  const spoil = (by: number) =>
    database.pool.query(
      'UPDATE accounts SET balance = balance + $2 WHERE account_id = (SELECT account_id FROM customers WHERE cu_ref_no = $1)',
      [cuRefNo, by],
    );
  await spoil(1);
  const spoilt = await purser('verify');
  const told = await purser('verify', '--json');
  await spoil(-1);
  await database.close();
  assert.equal(spoilt.exitCode, 1);
  assert.match(spoilt.stdout, new RegExp(`^I\\d+ corner-gym/live ${cuRefNo} .*balance`, 'm'));
  assert.equal(told.exitCode, 1);
  const found = JSON.parse(told.stdout) as { success: boolean; findings: unknown[] };
  assert.equal(found.success, false);
  assert.ok(found.findings.length > 0);
});

test('verify does not find everything right in a folder that has no data', async () => {
  const { exitCode, stdout, stderr } = await run(['verify'], {
    PURSER_DATA_DIR: path.join(os.tmpdir(), 'purser-misspelt'),
  });
  assert.equal(exitCode, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^There is no data in .*misspelt yet\./);
});

test('errors are JSON on the standard error for programs', async () => {
  const { exitCode, stdout, stderr } = await purser('grant', 'nobody@example.com', '--amount', '1', '--json');
  assert.equal(exitCode, 1);
  assert.equal(stdout, '');
  const { success, error } = JSON.parse(stderr) as { success: boolean; error: { code: string } };
  assert.deepEqual([success, error.code], [false, 'INTERNAL_RESOURCE_NOT_FOUND']);
});

test('a database that is not there is told in words, a faulty setting too', async () => {
  const gone = await run(['key', 'list'], { DATABASE_URL: 'postgres://127.0.0.1:1/none' });
  assert.equal(gone.exitCode, 1);
  assert.match(gone.stderr, /^The database could not be used: .*ECONNREFUSED.*\n$/);
  const faulty = await run(['key', 'list'], { DATABASE_URL: 'mysql://127.0.0.1/none' });
  assert.equal(faulty.exitCode, 2);
  assert.match(faulty.stderr, /^DATABASE_URL must be/);
});

/** Ctrl-C as soon as PostgreSQL is being started, which must not stay behind. */
async function interruptWhileStarting(dataDir: string): Promise<void> {
  const pidFile = path.join(dataDir, 'postgres', 'postmaster.pid');
  const { PATH } = process.env;
  const child = spawn(process.execPath, [CLI, 'organisation', 'list'], {
    ...{ env: { PATH, PURSER_DATA_DIR: dataDir }, stdio: 'ignore' },
  });
  const ended = once(child, 'exit');
  while (!existsSync(pidFile) && child.exitCode === null) await sleep(2);
  child.kill('SIGINT');
  assert.deepEqual(await ended, [1, null]);
  assert.ok(!existsSync(pidFile));
}

test('commands work on a data folder without a server, and while one serves it', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'purser-cli-test-'));
  const env = { PURSER_DATA_DIR: dataDir };
  try {
    const before = await run(['organisation', 'create', '--name', 'Before', '--currency', 'EUR'], env);
    assert.equal(before.exitCode, 0, before.stderr);
    await interruptWhileStarting(dataDir);
    const server = await startServer({ dataDir });
    try {
      const made = await run(['key', 'create', '--kind', 'DEV', '--json'], env);
      assert.equal(made.exitCode, 0, made.stderr);
      const { apiKey } = JSON.parse(made.stdout) as { apiKey: string };
      const ping = await fetch(`${server.url}/api/v1/ping?apiKey=${apiKey}`);
      assert.equal(ping.status, 200, await ping.text());
    } finally {
      await server.stop();
    }
    const afterwards = await run(['key', 'list', '--json'], env);
    assert.equal((JSON.parse(afterwards.stdout) as { keys: unknown[] }).keys.length, 1);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
