import { Refusal } from '../refusals.ts';
import { outcomeUnknown, overloaded } from './answers.ts';
import type { PlannedAnswer } from './plan-batch.ts';

/** Gives every job of a committed batch its answer. */
export function answerAll(answers: readonly PlannedAnswer[]): void {
  for (const { job, answer } of answers) {
    if (answer instanceof Refusal) job.reject(answer);
    else job.resolve(answer);
  }
}

/** Of a batch that may be there or not; what did not hang on the commit is as true as ever. */
export function answerInDoubt(answers: readonly PlannedAnswer[]): void {
  for (const { job, answer, hangsOnCommit, written } of answers) {
    if (answer instanceof Refusal) job.reject(answer);
    else if (!hangsOnCommit) job.resolve(answer);
    else if (answer.status === 200) job.reject(outcomeUnknown(written));
    else job.reject(overloaded());
  }
}

/** Tells the customer's address of each spend and hold that is on disk. */
export function tellAddresses(
  answers: readonly PlannedAnswer[],
  onAddress: ((ip: string) => void) | undefined,
): void {
  if (!onAddress) return;
  for (const { job, answer } of answers) {
    const { command } = job;
    if (!('ip' in command) || command.ip === undefined) continue;
    if (!(answer instanceof Refusal) && answer.status === 200) onAddress(command.ip);
  }
}
