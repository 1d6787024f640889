/**
 * `npm run test:crash -- [--seconds 600] [--seed 7]`: the crash test alone, for longer or from a seed that failed
 * before.
 */
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } });
if (values.seconds !== undefined) process.env.CRASH_SECONDS = values.seconds;
if (values.seed !== undefined) process.env.CRASH_SEED = values.seed;
// run.ts reads the words that keep files.
process.argv.splice(2, process.argv.length, 'test/crash/');
await import('../run.ts');
