import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openWorld } from './access/world.ts';

const PAGE = new URL('../docs/api.md', import.meta.url);
const MARK = '--- block ---';
const canPaste = spawnSync('bash', ['-c', 'curl --version']).status === 0;

interface Block {
  readonly commands: string;
  /** What its last command answers, where the page says so. */
  readonly answer: string | undefined;
}

test('the commands of docs/api.md can be pasted, and answer what the page says', {
  skip: !canPaste,
}, async () => {
  const [setUp, ...blocks] = readBlocks(readFileSync(PAGE, 'utf8'));
  assert.match(setUp?.commands ?? '', /key create/, 'the page begins with a key, which the test has already');
  const world = await openWorld();
  try {
    await world.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = world.app.server.address() as AddressInfo;
    const printed = await paste(blocks, {
      API: `http://127.0.0.1:${port}/api/v1`,
      KEY: world.keys.dev,
    });
    assert.equal(printed.length, blocks.length);
    for (const [i, { commands, answer }] of blocks.entries()) {
      const lines = printed[i]?.trim().split('\n') ?? [];
      assert.doesNotMatch(lines.join(), /"success":false|undefined/, commands);
      if (answer !== undefined) assert.deepEqual(shapeOf(lines.at(-1) ?? ''), shapeOf(answer), commands);
    }
    // The text below that block quotes this.
    assert.match(printed.join(''), /"smallestChange":\{"amount":443\}/);
  } finally {
    await world.close();
  }
});

function readBlocks(page: string): Block[] {
  const found = page.matchAll(/```sh\n([\s\S]*?)```(?:\n\n```json\n([\s\S]*?)```)?/g);
  return [...found].map(([, commands = '', answer]) => ({ commands, answer }));
}

/** Runs the blocks in one shell, as a reader's terminal does. @returns what each of them printed. */
async function paste(blocks: readonly Block[], variables: Record<string, string>): Promise<string[]> {
  const script = blocks.map(({ commands }) => `echo '${MARK}'\n${commands}`).join('');
  const shell = spawn('bash', ['-eu', '-c', script], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(shell.stdout), once(shell, 'exit')]);
  assert.equal(code, 0, output);
  return output.split(`${MARK}\n`).slice(1);
}

/** @returns the answer with ids and instants, which differ each time, made equal. */
function shapeOf(answer: string): unknown {
  return JSON.parse(answer, (member, value: unknown) => {
    if (/(^id|Id|hash|orderNumber)$/.test(member)) return 'an id';
    if (/Link$/.test(member)) return 'a link';
    return /(Date|At)$/.test(member) ? 'an instant' : value;
  });
}
