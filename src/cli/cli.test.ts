import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type FreshDatabase, freshDatabase, openTestDatabase, startServer } from '../../test/harness.ts';

const CLI = path.join(import.meta.dirname, '..', 'cli.ts');
let fresh: FreshDatabase;
// The commands are many and short: most of their time is compiling the same files, which Node can remember.
let compiledDir: string;
before(async () => {
  compiledDir = await mkdtemp(path.join(os.tmpdir(), 'purser-cli-compiled-'));
  fresh = await freshDatabase();
  await done(
    'organisation',
    'create',
    '--name',
    'Corner Gym',
    '--currency',
    'CZK',
    '--time-zone',
    'Europe/Prague',
  );
});
after(async () => {
  await fresh.drop();
  await rm(compiledDir, { recursive: true, force: true });
});

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  return spawnToEnd(process.execPath, [CLI, ...words], env);
}

function spawnToEnd(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: compiledDir, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** Runs a command whose answer goes to a program that ends without reading it, as `head` does sooner or later. */
function runUnread(...words: string[]): Promise<Run> {
  return spawnToEnd('sh', ['-c', '"$0" "$@" | true', process.execPath, CLI, ...words], {
    DATABASE_URL: fresh.url,
  });
}

function purser(...words: string[]): Promise<Run> {
  return run(words, { DATABASE_URL: fresh.url });
}

async function done(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await purser(...words);
  assert.equal(stderr, '');
  assert.equal(exitCode, 0);
  return stdout;
}

/** @returns the one JSON value that the command has answered. */
async function json(...words: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await done(...words, '--json')) as Record<string, unknown>;
}

/** Asserts that a command was refused with this exit code, in words and without a stack. */
async function refused(exitCode: 1 | 2, words: readonly string[], told: RegExp): Promise<void> {
  const result = await purser(...words);
  assert.match(result.stderr, told);
  assert.doesNotMatch(result.stderr, /\n\s+at |Error:/);
  assert.equal(result.stdout, '');
  assert.equal(result.exitCode, exitCode);
}

test('help has examples and is an answer, a missing or unknown command is a fault', async () => {
  const [help, keyHelp] = [await done('--help'), await done('key', 'create', '--help')];
  assert.match(help, /npm run purser -- organisation create/);
  assert.match(keyHelp, /--replaces 3 --overlap 7d/);
  assert.match(keyHelp, /default:\s+default,credit-grant/);
  await refused(2, ['key'], /Usage: purser key/);
  await refused(2, ['keys'], /unknown command 'keys'/);
  assert.match(await done('--version'), /^\d+\.\d+\.\d+\n$/);
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

test('a customer is made once, in the live ledger unless the sandbox is named', async () => {
  const email = 'made@example.com';
  const made = await json('customer', 'create', email, '--first-name', 'Some');
  assert.equal(made.isNew, true);
  assert.equal(made.ledger, 'corner-gym/live');
  const again = await json('customer', 'create', '--email', email.toUpperCase());
  assert.deepEqual([again.isNew, again.cuRefNo], [false, made.cuRefNo]);
  const missing = ['customer', 'show', email, '--ledger', 'sandbox'];
  await refused(1, missing, /no customer made@example.com in corner-gym\/sandbox; .*--ledger live/);
  const sandbox = await json('customer', 'create', email, '--ledger', 'sandbox');
  assert.notEqual(sandbox.cuRefNo, made.cuRefNo);
  const shown = await json('customer', 'show', String(sandbox.cuRefNo));
  assert.equal(shown.cuRefNo, sandbox.cuRefNo, 'a reference says which ledger');
  await refused(2, ['customer', 'create', 'nobody'], /--email must be an e-mail address/);
  await refused(2, ['customer', 'show'], /Name one customer/);
  await refused(2, ['customer', 'show', email, '--cu-ref-no', String(made.cuRefNo)], /Name one customer/);
  await refused(2, ['customer', 'show', 'nobody'], /no e-mail address and no cuRefNo/);
});

test('credit is granted, adjusted and shown exactly as it was written', async () => {
  const email = 'credit@example.com';
  await done('customer', 'create', email);
  const granted = await json('grant', email, '--amount', '100.000001', '--money', '90', '--priority', '10');
  assert.equal(granted.newCreditBalance, 100.000001);
  assert.match(String(granted.transactionId), /^[A-Za-z0-9]{16}$/);
  const adjusted = await json(
    'customer',
    'adjust',
    email,
    '--amount',
    '-0.000001',
    '--description',
    'one less',
  );
  assert.deepEqual([adjusted.oldCreditBalance, adjusted.newCreditBalance], [100.000001, 100]);
  await json('customer', 'limits', email, '--debt', '50');
  const shown = await json('customer', 'show', '--email', email);
  assert.deepEqual([shown.creditBalance, shown.debtLimit, shown.available], [100, 50, 150]);
  assert.match(await done('customer', 'show', email), /Credit +100\n/);
});

test('limits that are named are set, and all of them are shown', async () => {
  const email = 'limits@example.com';
  const { cuRefNo } = await json('customer', 'create', email);
  const limits = (...words: string[]) => json('customer', 'limits', email, ...words);
  const first = { cuRefNo, email, debtLimit: 50, monthlySoftLimit: 0, monthlyHardLimit: 0, lowBalance: null };
  assert.deepEqual(await limits('--debt', '50'), first);
  const set = await limits('--monthly-soft', '800.5', '--monthly-hard', '1000', '--low-balance', '20');
  assert.deepEqual(set, { ...first, monthlySoftLimit: 800.5, monthlyHardLimit: 1000, lowBalance: 20 });
  const off = await limits('--low-balance', 'none', '--monthly-hard', '0', '--reason', 'asked');
  assert.deepEqual(off, { ...first, monthlySoftLimit: 800.5 });
  assert.match(
    await done('customer', 'show', email),
    /Monthly soft limit +800.5\nMonthly hard limit +none\n/,
  );
  await refused(2, ['customer', 'limits', email], /Name at least one limit/);
  await refused(2, ['customer', 'limits', email, '--debt', '-1'], /must not be negative/);
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

test('an order is listed, shown, marked as paid and cancelled, by its number or its hash', async () => {
  const database = openTestDatabase(fresh);
  const customer = await json('customer', 'create', 'orders@example.com', '--ledger', 'sandbox');
  const hash = 'sSO98YxzR4KJiOu66Jn6K3wRwa4FPI7S';
  await database.pool.query(
    `WITH made AS (
       INSERT INTO orders (ledger_id, account_id, order_number, hash, currency, state, author)
       SELECT ledger_id, account_id, '26000001', $1, 'CZK', 'waiting', 'cli' FROM customers WHERE cu_ref_no = $2
       RETURNING order_id)
     INSERT INTO order_items (order_id, item, label, price, count, credit_amount)
     SELECT order_id, 1, '100 credits', 45000000, 2, 50000000 FROM made`,
    [hash, customer.cuRefNo],
  );
  await database.close();
  const { orders } = await json('order', 'list', '--ledger', 'sandbox', '--state', 'waiting');
  assert.ok(Array.isArray(orders));
  const [{ createdAt: _, ...listed }] = orders;
  assert.deepEqual(listed, { orderNumber: '26000001', hash, state: 'waiting', currency: 'CZK', total: 90 });
  assert.match(await done('order', 'list', '--ledger', 'sandbox'), /26000001 +waiting +90 CZK/);
  assert.match(await done('order', 'list'), /no orders in corner-gym\/live.*--ledger sandbox/);
  const paying = ['order', 'list', '--ledger', 'sandbox', '--state', 'paying'];
  assert.match(await done(...paying), /no orders that are paying in corner-gym\/sandbox/);
  const paid = await json('order', 'mark-paid', '26000001', '--ledger', 'sandbox');
  assert.deepEqual([paid.state, paid.paidBy], ['paid', 'cli']);
  const shown = await done('order', 'show', hash);
  assert.match(shown, /orders@example\.com/);
  assert.match(shown, /100 credits +2 +45 +50 +[A-Za-z0-9]{16}/);
  assert.equal((await json('customer', 'show', String(customer.cuRefNo))).creditBalance, 100);
  assert.equal((await json('order', 'cancel', hash)).state, 'cancelled');
  assert.equal((await json('customer', 'show', String(customer.cuRefNo))).creditBalance, 0);
  await refused(1, ['order', 'mark-paid', hash], /Order is cancelled/);
  await refused(1, ['order', 'show', '26000001'], /no order 26000001 in corner-gym\/live.*--ledger sandbox/);
  await refused(1, ['order', 'show', 'x'.repeat(32)], /no order/);
  await refused(2, ['order', 'show', 'nonsense'], /no order number/);
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

test('a ban is set and lifted', async () => {
  const email = 'ban@example.com';
  const { cuRefNo } = await json('customer', 'create', email);
  assert.deepEqual(await json('customer', 'ban', email, '--reason', 'test'), { cuRefNo, email, ban: true });
  assert.match(await done('customer', 'show', email), /Banned +yes\n/);
  assert.deepEqual(await json('customer', 'ban', email, '--lift'), { cuRefNo, email, ban: false });
});

test('operators mark a customer, see where it is logged in, and end that', async () => {
  const email = 'marked@example.com';
  const { cuRefNo } = await json('customer', 'create', email);
  const manager = await json('customer', 'create', 'manager@example.com');
  const update = (...words: string[]) => json('customer', 'update', email, ...words);
  const groups = ['--group', 'Personal Trainer', '--group', 'VIP'];
  const set = await update(
    '--premium',
    ...groups,
    '--meta',
    '{"a":1}',
    '--managed-by',
    String(manager.cuRefNo),
  );
  assert.deepEqual(
    [set.premium, set.groups, set.meta, set.managedBy],
    [true, ['Personal Trainer', 'VIP'], { a: 1 }, manager.cuRefNo],
  );
  const shown = await done('customer', 'show', email);
  assert.match(shown, /Groups +Personal Trainer, VIP\nPremium +yes\nManaged by +\w{16}\n/);
  const off = await update('--no-premium', '--no-group', '--managed-by', 'none');
  assert.deepEqual([off.premium, off.groups, off.meta, off.managedBy], [false, [], { a: 1 }, null]);
  await refused(2, ['customer', 'update', email], /Name at least one thing to set/);
  await refused(2, ['customer', 'update', email, '--meta', '[]'], /must be a JSON object/);
  await refused(2, ['customer', 'update', email, '--group', ' '], /--group must not be empty/);
  await refused(
    2,
    ['customer', 'update', email, '--managed-by', 'x'.repeat(16)],
    /--managed-by is the cuRefNo of no/,
  );

  const database = openTestDatabase(fresh, 1);
  const identityHash = Buffer.alloc(32, 7);
  await database.pool.query(
    `INSERT INTO sessions (identity_hash, account_id, ledger_id, created_from, expires_at)
     SELECT $1, account_id, ledger_id, '1.1.1.1', now() + interval '1 day' FROM customers WHERE cu_ref_no = $2`,
    [identityHash, cuRefNo],
  );
  await database.close();
  const { sessions } = (await json('customer', 'sessions', email)) as { sessions: { sessionId: string }[] };
  const [session] = sessions;
  assert.match(await done('customer', 'sessions', email), /FROM .*\n\w{16} .* 1\.1\.1\.1 /);
  const none = ['customer', 'end-sessions', email, '--session', 'x'.repeat(16)];
  await refused(1, none, /no session x{16} of customer marked@example.com/);
  const one = ['customer', 'end-sessions', email, '--session', String(session?.sessionId)];
  assert.deepEqual(await json(...one), { success: true, ended: 1 });
  assert.match(await done('customer', 'end-sessions', email), /^Ended: 0\./);
  assert.match(await done('customer', 'sessions', email), /not logged in anywhere/);
});

test('a customer is exported, and erased once nothing is left or it is written off', async () => {
  const email = 'erased@example.com';
  const { cuRefNo } = await json('customer', 'create', email, '--first-name', 'Secret');
  await done('grant', email, '--amount', '10', '--description', 'Secret top-up');
  const exported = await json('customer', 'export', email);
  assert.equal((exported.customer as { email: string }).email, email);
  assert.deepEqual((exported.entries as { description: string }[])[0]?.description, 'Secret top-up');
  for (const words of [['customer', 'export', email], ['customer', 'show', email], ['help']])
    assert.equal((await runUnread(...words)).stderr, '', `${words.join(' ')} | head`);
  await refused(2, ['customer', 'erase', email], /required option '--reason/);
  await refused(1, ['customer', 'erase', email, '--reason', 'asked'], /still has credit.*\n.*--write-off/);
  const erase = ['customer', 'erase', email, '--reason', 'asked', '--write-off'];
  assert.deepEqual(await json(...erase), { cuRefNo, erased: true });
  await refused(1, erase, /no customer erased@example.com/);
  const left = await done('customer', 'export', String(cuRefNo));
  assert.doesNotMatch(left, /Secret|erased@example/);
  assert.match(await done('customer', 'show', String(cuRefNo)), /Erased +\d{4}-.*\nBanned +yes/);
});

test('an organisation gets a name and the origins that its addresses may lead to', async () => {
  await done('organisation', 'create', '--name', 'Web shop', '--currency', 'EUR');
  const update = (...words: string[]) => json('organisation', 'update', 'web-shop', ...words);
  const origins = ['https://shop.example.com', 'http://localhost:8080'];
  const set = await update('--origin', 'https://SHOP.example.com/', '--origin', 'http://localhost:8080');
  assert.deepEqual(set, { slug: 'web-shop', name: 'Web shop', origins });
  assert.deepEqual(await update('--name', 'Shop'), { slug: 'web-shop', name: 'Shop', origins });
  assert.deepEqual(await update('--no-origin'), { slug: 'web-shop', name: 'Shop', origins: [] });
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
  const database = openTestDatabase(fresh, 1);
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
    PURSER_DATA_DIR: path.join(compiledDir, 'misspelt'),
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

test('commands work on a data folder without a server, and while one serves it', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'purser-cli-test-'));
  const env = { PURSER_DATA_DIR: dataDir };
  try {
    const before = await run(['organisation', 'create', '--name', 'Before', '--currency', 'EUR'], env);
    assert.equal(before.exitCode, 0, before.stderr);
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
