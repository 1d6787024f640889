import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsFor, toConfigurationFile } from './machine-settings.ts';

const GIGABYTE = 2 ** 30;

test('the settings grow with the machine, up to a bound, and never touch durability', () => {
  const small = settingsFor({ memory: GIGABYTE / 4, freeDisk: GIGABYTE });
  const large = settingsFor({ memory: 64 * GIGABYTE, freeDisk: 1_000 * GIGABYTE });
  assert.equal(small.shared_buffers, '64MB');
  assert.equal(small.max_wal_size, '512MB');
  assert.equal(large.shared_buffers, '2048MB');
  assert.equal(large.max_wal_size, '8192MB');
  for (const settings of [small, large]) {
    assert.equal(settings.fsync, 'on');
    assert.equal(settings.full_page_writes, 'on');
    assert.equal(settings.synchronous_commit, 'on');
  }
});

test('values are quoted for the configuration file', () => {
  assert.match(toConfigurationFile({ log_line_prefix: "%m 'x' " }), /^log_line_prefix = '%m ''x'' '$/m);
});
