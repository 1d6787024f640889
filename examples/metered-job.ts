/**
 * A metered AI job: credit is set aside before it runs, taken in steps while it runs, and what it did not use is free
 * again. README.md here says how to run it. In a project of your own: import ... from 'purser/client'.
 */
import { type JobHold, Purser, PurserRefusal } from '../src/client/index.ts';

const purser = new Purser({
  baseUrl: process.env.PURSER_URL ?? 'http://127.0.0.1:3000',
  apiKey: process.env.PURSER_API_KEY ?? '',
});

/** What a thousand tokens cost. */
const CREDITS_PER_THOUSAND = 2;

/** Your backend knows who is there; Purser gives it an identity for the customer's session. */
const login = await purser.customer.magicAuth({ email: 'customer@example.com' });
if (!login.success) throw new Error(login.message);
const { identityId } = login;
await purser.customer.creditGrant({ identityId, amount: 20, description: 'Twenty to try with' });

/** Stands for a model: it answers piece by piece and tells how many tokens each has cost. */
async function* writeStory(): AsyncGenerator<{ text: string; tokens: number }> {
  yield { text: 'Once upon a time', tokens: 1_200 };
  yield { text: 'a hold was set aside', tokens: 2_400 };
  yield { text: 'and everybody got their change.', tokens: 850 };
}

/** The job: it captures what each step has cost, and says in the end what all of it has cost. */
async function tellStory(hold: JobHold): Promise<{ used: number; result: string }> {
  const pieces: string[] = [];
  let used = 0;
  for await (const { text, tokens } of writeStory()) {
    hold.signal.throwIfAborted();
    pieces.push(text);
    const cost = (tokens / 1_000) * CREDITS_PER_THOUSAND;
    await hold.capture(cost, `story:${tokens}t`);
    used += cost;
    console.log(`${cost} captured, ${hold.remaining} still set aside`);
  }
  return { used, result: pieces.join(' ') };
}

const story = await purser.withHold({ identityId }, 15, tellStory, { description: 'story' });
console.log(story);

/** What a refusal looks like: the job is never begun, and the error says how much is missing. */
try {
  await purser.withHold({ identityId }, 1_000_000, tellStory);
} catch (error) {
  if (!(error instanceof PurserRefusal) || error.code !== 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT') throw error;
  console.log(`${error.message} ${error.available} available, short by ${error.shortBy}.`);
}

const { creditBalance, items } = await purser.customer.creditLog({ identityId, limit: 3 });
for (const { amount, description } of items) console.log(`${amount} ${description}`);
console.log(`${creditBalance} credits are left.`);
