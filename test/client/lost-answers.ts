import { refusalBody } from '../../src/refusals.ts';

/** How the way to the server fails. */
export type Loss =
  /** The request never arrives; the client cannot know. */
  | 'request'
  /** It was done, but the answer is lost. */
  | 'answer'
  /** It was done, but the server says that it does not know. */
  | 'told';

/** @returns a fetch that loses the first `times` requests whose address ends like this. */
export function losing(ending: string, loss: Loss, times = 1): typeof fetch {
  let left = times;
  return async (input, init) => {
    if (left === 0 || !String(input).endsWith(ending)) return fetch(input, init);
    left -= 1;
    if (loss === 'request') throw connectionLost();
    const answer = await fetch(input, init);
    if (loss === 'answer') throw connectionLost();
    const { transactionId, holdId } = (await answer.json()) as Record<string, string | undefined>;
    const named = transactionId === undefined ? { holdId } : { transactionId };
    const body = refusalBody('PUBLIC_OUTCOME_IS_UNKNOWN', 'test-1', { outcome: 'unknown', ...named });
    return new Response(body, { status: 503 });
  };
}

function connectionLost(): TypeError {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  return new TypeError('fetch failed', { cause });
}
