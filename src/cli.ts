import { CommanderError } from 'commander';
import { UnreadError } from './cli/answer.ts';
import { describeError, exitCodeOf } from './cli/answer-error.ts';
import { createProgram } from './cli/program.ts';

/** The command `purser`. Output goes to the standard output, every complaint to the standard error. */
async function main(argv: readonly string[]): Promise<number | undefined> {
  const asJson = argv.includes('--json');
  try {
    await createProgram(!asJson).parseAsync(argv);
    return undefined;
  } catch (error) {
    // Commander has already told a person its own errors.
    if (error instanceof CommanderError && (!asJson || error.exitCode === 0)) return exitCodeOf(error);
    // It was not done to its end, but who closed the output knows that.
    if (error instanceof UnreadError) return 1;
    const { exitCode, text, json } = describeError(error);
    process.stderr.write(`${asJson ? json : text}\n`);
    return exitCode;
  }
}

// Without a listener an answer that could not be written would end the process with a stack, its work half put away.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`The answer could not be written: ${error.message}\n`);
  process.exitCode = 1;
});

const exitCode = await main(process.argv);
if (exitCode !== undefined) process.exitCode = exitCode;
