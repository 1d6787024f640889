/**
 * `npm run test:model -- [--seconds 600] [--seed 7]`: the comparisons with the naive model alone, for longer or
 * from a seed that failed before.
 */
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } });
if (values.seconds !== undefined) process.env.MODEL_SECONDS = values.seconds;
if (values.seed !== undefined) process.env.MODEL_SEED = values.seed;
// run.ts reads the words that keep files, and what node is told. A test goes on until it has reached everything,
// up to four times as long.
const timeoutMs = Math.max(900, 5 * Number(values.seconds ?? 0) + 300) * 1000;
process.argv.splice(2, process.argv.length, 'test/model/', `--test-timeout=${timeoutMs}`);
await import('../run.ts');
