import { CommanderError } from 'commander';
import { describeError, exitCodeOf } from './cli/answer-error.ts';
import { createProgram } from './cli/program.ts';

/** The command `purser`. Output goes to the standard output, every complaint to the standard error. */
async function main(argv: readonly string[]): Promise<number | undefined> {
  try {
    await createProgram().parseAsync(argv);
    return undefined;
  } catch (error) {
    // Commander has already told its own errors.
    if (error instanceof CommanderError) return exitCodeOf(error);
    const { exitCode, text, json } = describeError(error);
    process.stderr.write(`${argv.includes('--json') ? json : text}\n`);
    return exitCode;
  }
}

const exitCode = await main(process.argv);
if (exitCode !== undefined) process.exitCode = exitCode;
