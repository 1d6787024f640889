import assert from 'node:assert/strict';
import { test } from 'node:test';
import { list, table } from './answer.ts';

test('what customers write rules no terminal and forges no line', () => {
  const name = '\u001b]0;x\u0007Sample\nBalance  1000\u009b31m\u202e';
  assert.equal(list([['Name', name]]), 'Name  \ufffd]0;x\ufffdSample\ufffdBalance  1000\ufffd31m\ufffd');
  const [, row, ...more] = table(['NAME'], [[name]]).split('\n');
  assert.equal(row, '\ufffd]0;x\ufffdSample\ufffdBalance  1000\ufffd31m\ufffd');
  assert.deepEqual(more, []);
  assert.equal(list([['Name', 'Žluťoučký 顧客']]), 'Name  Žluťoučký 顧客');
});
