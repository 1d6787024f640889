import { sendMail } from '../mail/send-mail.ts';
import { notifyOrder } from '../operations/notify-order.ts';
import { resolveAddresses } from '../operations/resolve-addresses.ts';
import type { Services } from '../operations/services.ts';
import type { Attempt, Work } from './job-queue.ts';
import type { Payloads, TaskName } from './jobs.ts';

type Task<Name extends TaskName> = (
  services: Services,
  payload: Payloads[Name],
  attempt: Attempt,
) => Promise<void>;

/** What is done with the jobs of each task. Each must end in less than the time after which it counts as abandoned. */
const TASKS: { readonly [Name in TaskName]: Task<Name> } = {
  'resolve-addresses': resolveAddresses,
  'send-mail': sendMail,
  'notify-order': notifyOrder,
};

/** @returns the tasks as the queue calls them. What they are given was written by `Jobs.add`, so its shape is known. */
export function tasksOf(services: Services): Record<string, Work> {
  return Object.fromEntries(
    Object.entries(TASKS).map(([name, task]): [string, Work] => [
      name,
      async (payload, attempt) => {
        try {
          await task(services, payload as never, attempt);
        } catch (error) {
          if (!attempt.isLast) throw error;
          services.jobs.figures.givenUp += 1;
          services.log.error({ err: error, task: name, payload }, 'a job is given up');
        }
      },
    ]),
  );
}
