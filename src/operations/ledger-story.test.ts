/** Replays the story of docs/ledger.md through the HTTP server, with the numbers of the page itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type Answer, memberOf, openWorld, send, type World } from '../../test/access/world.ts';
import { makeCustomer, makeKey } from '../../test/harness.ts';

const PAGE = readFileSync(new URL('../../docs/ledger.md', import.meta.url), 'utf8');
const DAY_MS = 24 * 60 * 60 * 1000;
const GETS = ['credit-balance', 'credit-explain', 'credit-log', 'get-account-info'];

let world: World;
let rootKey: string;
let customer: { readonly cuRefNo: string; readonly identityId: string };
/** Midnight UTC of the first of a month that is yet to come. */
let dayZeroMs: number;
/** What each step answered, by its number. */
const answers = new Map<string, Answer>();

before(async () => {
  world = await openWorld();
  rootKey = await makeKey(world.services, 'ROOT');
  customer = await makeCustomer(world.services, world.acme.sandbox);
  const now = new Date();
  dayZeroMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
});
after(() => world.close());

/** @returns the rows of the table behind a mark, cells by heading. */
function tableAt(mark: string): Record<string, string>[] {
  const lines = PAGE.slice(PAGE.indexOf(`<!-- ${mark}:`)).split('\n');
  const begin = lines.findIndex((line) => line.startsWith('|'));
  const length = lines.slice(begin).findIndex((line) => !line.startsWith('|'));
  const cells = lines.slice(begin, begin + length).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  const [headings = [], , ...rows] = cells;
  return rows.map((row) => Object.fromEntries(headings.map((heading, i) => [heading, row[i] ?? ''])));
}

function instantOf(day: number): string {
  return new Date(dayZeroMs + day * DAY_MS).toISOString();
}

async function call(name: string, members: Record<string, unknown>): Promise<Answer> {
  const { app } = world;
  const headers = { 'content-type': 'application/json', 'x-purser-ledger': 'acme/sandbox' };
  if (name === 'limits') {
    const payload = JSON.stringify({ ...members, customerId: customer.cuRefNo });
    return send(app, {
      method: 'POST',
      url: `/bff/contact-credit/limits?apiKey=${rootKey}`,
      headers,
      payload,
    });
  }
  const path = name.includes('/') ? `/api/v1/${name}` : `/api/v1/customer/${name}`;
  const url = `${path}?apiKey=${rootKey}`;
  if (!GETS.includes(name)) {
    return send(app, { method: 'POST', url, headers, payload: JSON.stringify(members) });
  }
  const query = Object.entries(members).map(
    ([member, value]) => `&${member}=${encodeURIComponent(String(value))}`,
  );
  const { 'content-type': _, ...rest } = headers;
  return send(app, { method: 'GET', url: url + query.join(''), headers: rest });
}

/** Puts instants and ids in the place of "day 30" and "step 8", and names the customer where nothing else does. */
function membersOf(text: string): Record<string, unknown> {
  const members: Record<string, unknown> = JSON.parse(text);
  for (const [name, value] of Object.entries(members)) {
    const [, kind, number] = /^(day|step) (\d+)$/.exec(String(value)) ?? [];
    if (kind === 'day') members[name] = instantOf(Number(number));
    if (kind === 'step') {
      const body = answers.get(String(number))?.body;
      members[name] = memberOf(body, name === 'holdId' ? 'holdId' : 'transactionId');
      assert.ok(members[name], `step ${number} answered no id`);
    }
  }
  const isNamed = 'transactionId' in members || 'holdId' in members || 'confirm' in members;
  return isNamed ? members : { identityId: customer.identityId, ...members };
}

/** Compares an answer with words such as `150 → 120, refundable 30` or `402 SOME_CODE, shortBy 20`. */
function expectAnswer(answer: Answer, words: string, step: string): void {
  const where = `step ${step}: ${answer.text}`;
  const [first = '', ...rest] = words.split(', ');
  const [, status, code] = /^(\d{3}) ([A-Z_]+)$/.exec(first) ?? [];
  assert.equal(answer.status, Number(status ?? 200), where);
  assert.equal(answer.code, code, where);
  const members = code === undefined ? answer.body : memberOf(answer.body, 'error');
  for (const part of code === undefined ? [first, ...rest] : rest) {
    const [, before, next] = /^(-?[\d.]+) → (-?[\d.]+)$/.exec(part) ?? [];
    if (before !== undefined) {
      assert.equal(memberOf(members, 'oldCreditBalance'), Number(before), where);
      assert.equal(memberOf(members, 'newCreditBalance'), Number(next), where);
      continue;
    }
    const [, name = '', value = ''] = /^(\S+) (.+)$/.exec(part) ?? [];
    const found = name.split('.').reduce((object: unknown, member) => memberOf(object, member), members);
    assert.equal(String(found), value.replaceAll('"', ''), `${where}\n${name}`);
  }
}

async function moveTo(day: number): Promise<void> {
  const answer = await call('sandbox/clock', { to: instantOf(day) });
  assert.equal(answer.status, 200, answer.text);
}

test('the story of docs/ledger.md happens as it is told, step by step', async () => {
  const steps = tableAt('story');
  assert.ok(steps.length > 20, 'the table was not found');
  let today: string | undefined;
  for (const { Step = '', Day = '', Request = '', Answer: words = '', Balance, Held } of steps) {
    if (Day !== today) await moveTo(Number(Day));
    today = Day;
    const [, name = '', members = ''] = /^`(\S+) (.+)`$/.exec(Request) ?? [];
    if (name !== '') {
      const answer = await call(name, membersOf(members));
      answers.set(Step, answer);
      expectAnswer(answer, words, Step);
    }
    const info = await call('get-account-info', { identityId: customer.identityId });
    assert.equal(memberOf(info.body, 'creditBalance'), Number(Balance), `balance after step ${Step}`);
    assert.equal(memberOf(info.body, 'held'), Number(Held), `held after step ${Step}`);
  }
});

test('the log is then as the page shows it', async () => {
  const { body } = await call('credit-log', { identityId: customer.identityId });
  const items = memberOf(body, 'items');
  assert.ok(Array.isArray(items));
  const shown = tableAt('log').map(({ Day, Kind, Amount, Money, Balance }) =>
    [Day, Kind, Amount, Money, Balance].join(' '),
  );
  const found = items.map((item) => {
    // What follows from a step comes moments after it, or, as it was computed from one, before.
    const day = Math.round((Date.parse(String(memberOf(item, 'insertedDate'))) - dayZeroMs) / DAY_MS);
    const figures = ['kind', 'amount', 'amountMoney', 'balance'].map((name) => memberOf(item, name));
    return [day, ...figures].join(' ');
  });
  assert.deepEqual(found, shown);
});
