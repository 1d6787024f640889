import type { NaiveAccount } from './naive-account.ts';
import { bookedUse } from './naive-judge.ts';
import { ask } from './naive-ledger.ts';
import {
  inCredits,
  isBinding,
  type NaiveAnswer,
  type NaiveRequest,
  NOT_APPLIED,
  NOT_AUTHORIZED,
  NOT_FOUND,
} from './naive-words.ts';

/** What a member met when all were tried on a copy. */
interface Tried {
  readonly request: NaiveRequest;
  readonly answer: NaiveAnswer;
}

/**
 * Asks for several things that are done all or none: they are tried on a copy, and only where none of them is
 * refused there are they asked for in earnest. To repeat a refusal of the past is to be refused; to repeat a success
 * is not.
 *
 * @returns the answers. Where one is refused, each keeps the refusal that it met in the trial, with figures of now
 *   and with its key, and whoever repeats what was answered before that gets this again; all others were not
 *   applied. Their keys repeat that where one was refused what a key repeats.
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
  const isForGood = tried.some(({ answer }) => answer.code !== undefined && isBinding(answer));
  return tried.map((member, i): NaiveAnswer => {
    const { key, content, isElsewhere, sessionHasEnded } = member.request;
    if (isElsewhere) return member.answer;
    const known = key === undefined ? undefined : account.keys.get(key);
    if (known && known.content === content) return { ...known.answer, replayed: true };
    const isSpared = member.answer.code === undefined;
    if (isSpared && sessionHasEnded) return NOT_AUTHORIZED;
    const answer = isSpared ? NOT_APPLIED : withPresentFigures(account, member, tried.slice(0, i), instant);
    const binds = isSpared ? isForGood : isBinding(answer);
    if (key !== undefined && !known && binds) account.keys.set(key, { content, answer });
    return answer;
  });
}

/** Nothing was taken by the members before it, so what they took in the trial is part of what was missing. */
function withPresentFigures(
  account: NaiveAccount,
  { request, answer }: Tried,
  before: readonly Tried[],
  instant: number,
): NaiveAnswer {
  const { command } = request;
  if (answer.details === undefined || command.kind !== 'spend') return answer;
  const { held, balance, available } = account;
  const required = before.reduce(
    (sum, { request, answer: { entry, replayed } }) =>
      entry && !replayed && request.command.kind === 'spend' ? sum + request.command.amount : sum,
    command.amount,
  );
  if (answer.code === 'PUBLIC_CREDIT_LIMIT_REACHED') {
    const used = inCredits(bookedUse(account, Math.max(instant, account.latest)) + held);
    const more = required > command.amount ? { required: inCredits(required) } : {};
    const figures = { used, held: inCredits(held), ...more };
    return { ...answer, details: { ...answer.details, ...figures } };
  }
  const details = {
    creditBalance: inCredits(balance),
    held: inCredits(held),
    available: inCredits(available),
    required: inCredits(required),
    shortBy: inCredits(required - available),
  };
  return { ...answer, details };
}
