import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openShop, type Shop } from './open-shop.ts';

const root = path.join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(path.join(tmpdir(), 'purser-pack-'));

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a program to its end. @returns what it prints. */
function run(
  program: string,
  words: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
) {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd: root,
    encoding: 'utf8',
    ...options,
  });
  assert.equal(status, 0, `${program} ${words.join(' ')}\n${error ?? ''}${stdout}${stderr}`);
  return stdout;
}

/** Nothing may be fetched: a fresh clone packs after `npm ci` without the Internet. */
const NPM_ENV = { ...process.env, npm_config_offline: 'true', npm_config_update_notifier: 'false' };

/** Makes a project with what a tarball holds as its package `purser`. */
function makeProject(name: string, tarball: string): string {
  const project = path.join(folder, name);
  const installed = path.join(project, 'node_modules', 'purser');
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  writeFileSync(path.join(project, 'package.json'), '{"private":true,"type":"module"}');
  return project;
}

function env(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, PURSER_URL: shop.url, PURSER_API_KEY: shop.apiKey };
}

/** Node 24 of the packages, and the machine's own where that is another. */
function nodes(): string[] {
  const own = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((directory) => !directory.includes('node_modules'))
    .map((directory) => path.join(directory, 'node'))
    .find(existsSync);
  return [...new Set([process.execPath, ...(own === undefined ? [] : [own])])];
}

const MAIN_JS = `
import { Purser, PurserOutcomeUnknown, PurserRefusal, PurserUnreachable } from 'purser/client';
const purser = new Purser({ baseUrl: process.env.PURSER_URL, apiKey: process.env.PURSER_API_KEY });
const { identityId } = await purser.customer.magicAuth({ email: 'second@example.com' });
await purser.customer.creditGrant({ identityId, amount: 40 });
await purser.withHold({ identityId }, 10, async () => ({ used: 10 }));
const error = await purser.customer.creditSpend({ identityId, amount: 1_000_000 }).catch((thrown) => thrown);
const gone = new Purser({ baseUrl: 'http://127.0.0.1:9', apiKey: process.env.PURSER_API_KEY, maxAttempts: 1 });
const unreachable = await gone.ping().catch((thrown) => thrown);
console.log(error instanceof PurserRefusal, error.code, unreachable instanceof PurserUnreachable, unreachable.reason);
`;

const PRINTED = 'true PUBLIC_CREDIT_IS_NOT_SUFFICIENT true not-connected\n';

const MAIN_TS = `
import { type CreditLogPage, Purser, PurserOutcomeUnknown, PurserRefusal, type RefusalCode } from 'purser/client';
const purser = new Purser({ baseUrl: 'http://127.0.0.1:3000', apiKey: 'DEV_' });
export async function use(): Promise<CreditLogPage> {
  const login = await purser.customer.login({ email: 'customer@example.com', password: 'secret' });
  if (!login.success) {
    const code: 'E001' | 'E002' | 'E003' | 'E004' | 'E005' | 'E006' | 'E007' = login.errorCode;
    throw new Error(code);
  }
  const { identityId } = login;
  try {
    const { transactionId } = await purser.customer.creditSpend({ identityId, amount: 1 }, { idempotencyKey: 'job' });
    await purser.customer.creditRefund({ transactionId });
  } catch (error) {
    if (error instanceof PurserRefusal) {
      const code: RefusalCode = error.code;
      if (error.code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT') console.log(code, error.shortBy.toFixed(2));
      if (error.code === 'PUBLIC_CREDIT_HOLD_HAS_ENDED') console.log(error.endedBy === 'expired');
      // @ts-expect-error Only some refusals have it.
      console.log(error.shortBy);
    } else if (error instanceof PurserOutcomeUnknown) {
      const looked = await purser.lookUp(error);
      if (looked.happened) console.log(looked.transaction.id);
    }
  }
  const length: number = await purser.withHold({ identityId }, 5, async (hold) => {
    await hold.capture(1);
    return { used: 2, result: 'abc' };
  }).then((result) => result.length);
  console.log(length);
  // @ts-expect-error A customer is named in one way.
  await purser.customer.creditSpend({ identityId, cuRefNo: 'pX2vT9cQe4LmZ7aB', amount: 1 });
  // @ts-expect-error The amount is missing.
  await purser.customer.creditSpend({ identityId });
  // @ts-expect-error A read takes no key.
  await purser.customer.creditLog({ identityId }, { idempotencyKey: 'job' });
  return purser.customer.creditLog({ identityId, limit: 10 });
}
`;

function typeCheck(project: string, ...files: readonly string[]): void {
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  };
  writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  run(path.join(root, 'node_modules', '.bin', 'tsc'), ['-p', project]);
}

test('npm pack makes a tarball with the client as JavaScript with types, and no sources', () => {
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder], { env: NPM_ENV }).replace(/^[^[]*/, ''),
  );
  const files: string[] = packed.files.map((file: { path: string }) => file.path);
  assert(files.includes('dist/client/index.js') && files.includes('dist/client/index.d.ts'));
  assert(files.includes('LICENSE') && files.includes('docs/client.md'));
  assert(!files.some((file) => /^(src|test|migrations)\/|test\.|tsconfig/.test(file)), files.join('\n'));
  const project = makeProject('with-server', path.join(folder, packed.filename));
  writeFileSync(path.join(project, 'main.js'), MAIN_JS);
  writeFileSync(path.join(project, 'main.cjs'), `console.log(typeof require('purser/client').Purser);`);
  writeFileSync(path.join(project, 'main.ts'), MAIN_TS);
  for (const node of nodes()) {
    assert.equal(run(node, ['main.js'], { cwd: project, env: env() }), PRINTED);
    assert.equal(run(node, ['main.cjs'], { cwd: project, env: env() }), 'function\n');
  }
  typeCheck(project, 'main.ts');
});

test('the tarball of the client alone has no dependencies, and works the same', () => {
  run('npm', ['run', 'pack:client'], { env: NPM_ENV });
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
  const { version } = read(path.join(root, 'package.json'));
  const tarball = path.join(folder, 'client.tgz');
  cpSync(path.join(root, 'dist', `purser-${version}.tgz`), tarball);
  const project = makeProject('alone', tarball);
  const installed = read(path.join(project, 'node_modules', 'purser', 'package.json'));
  assert.equal(installed.version, version);
  assert.equal(installed.dependencies, undefined);
  writeFileSync(path.join(project, 'main.js'), MAIN_JS);
  writeFileSync(path.join(project, 'main.ts'), MAIN_TS);
  assert.equal(run(process.execPath, ['main.js'], { cwd: project, env: env() }), PRINTED);
  typeCheck(project, 'main.ts');
  const page = readSamples();
  writeFileSync(path.join(project, 'page.ts'), page);
  typeCheck(project, 'page.ts');
  assert.deepEqual(run(process.execPath, ['page.ts'], { cwd: project, env: env() }).trim().split('\n'), [
    'Please top up 910 credits.',
    '5 of 900 credits were paid for film.mp4.',
  ]);
});

/** @returns the samples of docs/client.md one after the other, as a reader would paste them. */
function readSamples(): string {
  const page = readFileSync(path.join(root, 'docs', 'client.md'), 'utf8');
  const samples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, sample]) => sample);
  assert(samples.length >= 6);
  return samples.join('\n');
}
