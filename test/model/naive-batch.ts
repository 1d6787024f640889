import type { NaiveAccount } from './naive-account.ts';
import { ask } from './naive-ledger.ts';
import {
  isBinding,
  type NaiveAnswer,
  type NaiveRequest,
  NOT_APPLIED,
  NOT_AUTHORIZED,
  NOT_FOUND,
} from './naive-words.ts';

/**
 * Asks for several things that are done all or none: they are tried on a copy, and only where none of them is
 * refused there are they asked for in earnest. To repeat a refusal of the past is to be refused; to repeat a success
 * is not.
 *
 * @returns the answers. Where one is refused, each keeps the refusal that it met in the trial, with its key, and
 *   whoever repeats what was answered before that gets this again; all others were not applied.
 */
export function askTogether(
  account: NaiveAccount,
  requests: readonly NaiveRequest[],
  instant: number,
): NaiveAnswer[] {
  const trial = account.copy();
  // Who names nobody is told so, and nothing is done of the others either.
  const tried = requests.map((request) => ({
    request,
    answer: request.isElsewhere ? NOT_FOUND : ask(trial, request, instant),
  }));
  if (requests.every(({ isElsewhere }) => isElsewhere)) return tried.map(({ answer }) => answer);
  if (tried.every(({ answer }) => answer.code === undefined)) {
    return requests.map((request) => ask(account, request, instant));
  }
  // What has fallen due is booked although nothing else happens.
  ask(account, { command: { kind: 'look' } }, instant);
  return tried.map(({ request, answer }): NaiveAnswer => {
    const { key, content, isElsewhere } = request;
    if (isElsewhere) return answer;
    const known = key === undefined ? undefined : account.keys.get(key);
    if (known && known.content === content) return { ...known.answer, replayed: true };
    // In the trial it repeated another member; there is nothing to repeat when that one was not applied either.
    if (answer.code === undefined) return request.sessionHasEnded ? NOT_AUTHORIZED : NOT_APPLIED;
    if (key !== undefined && !known && isBinding(answer)) account.keys.set(key, { content, answer });
    return answer;
  });
}
