import { sendMail } from '../mail/send-mail.ts';
import { notifyOrder } from '../operations/notify-order.ts';
import { resolveAddresses } from '../operations/resolve-addresses.ts';
import type { Services } from '../operations/services.ts';
import { HangingPartners } from './hanging-partners.ts';
import type { Attempt, Work } from './job-queue.ts';
import type { Payloads, TaskName } from './jobs.ts';

type Task<Name extends TaskName> = (
  services: Services,
  payload: Payloads[Name],
  attempt: Attempt,
) => Promise<void>;

/** What is done with the jobs of each task. Each must end in less than the time after which it counts as abandoned. */
function makeTasks(): { readonly [Name in TaskName]: Task<Name> } {
  const shops = new HangingPartners();
  return {
    'resolve-addresses': resolveAddresses,
    'send-mail': sendMail,
    'notify-order': (services, payload, { isLast }) => {
      const notify = () => notifyOrder(services, payload);
      return isLast ? notify() : shops.reach(String(payload.ledgerId), notify);
    },
  };
}

/** @returns the tasks as the queue calls them. What they are given was written by `Jobs.add`, so its shape is known. */
export function tasksOf(services: Services): Record<string, Work> {
  return Object.fromEntries(
    Object.entries(makeTasks()).map(([name, task]): [string, Work] => [
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
