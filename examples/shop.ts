/**
 * A shop: a customer logs in, orders credit, pays, uses some of it and logs out. README.md here says how to run it. In
 * a project of your own: import ... from 'purser/client'.
 */
import { Purser, PurserOutcomeUnknown, PurserRefusal } from '../src/client/index.ts';

const purser = new Purser({
  baseUrl: process.env.PURSER_URL ?? 'http://127.0.0.1:3000',
  apiKey: process.env.PURSER_API_KEY ?? '',
});
const email = 'customer@example.com';

/** With a password of their own, customers use `registerAccount` and `login`; this is for shops that know them already. */
async function logIn(): Promise<string> {
  const answer = await purser.customer.magicAuth({ email, firstName: 'Sample' });
  if (!answer.success) throw new Error(`${answer.errorCode} ${answer.message}`);
  return answer.identityId;
}

/** Orders 100 credits for 90; the customer pays at the link, and the payment provider tells your backend. */
async function topUp(): Promise<void> {
  const order = await purser.shop.order.create({
    customer: { email },
    items: [{ label: '100 credits', price: 90, vat: 21, creditAmount: 100 }],
  });
  console.log(`Order ${order.orderNumber}, to be paid at ${order.links.payLink}`);
  await purser.shop.order.markPaid({ hash: order.hash });
}

/** The name of the job is its key: whatever goes wrong on the way, it is paid for once. */
async function print(identityId: string, job: string, pages: number): Promise<void> {
  const spend = { identityId, amount: pages * 0.5, description: `print:${pages}p` };
  try {
    const { newCreditBalance } = await purser.customer.creditSpend(spend, { idempotencyKey: job });
    console.log(`${pages} pages printed, ${newCreditBalance} credits left`);
  } catch (error) {
    if (error instanceof PurserRefusal && error.code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT') {
      console.log(`${pages} pages are ${error.shortBy} credits too many`);
    } else if (error instanceof PurserOutcomeUnknown) {
      // All attempts of the client are over. The same call with the same key, later, finds out.
      console.log(`nobody knows yet whether ${job} was paid`);
    } else {
      throw error;
    }
  }
}

const identityId = await logIn();
await topUp();
const account = await purser.customer.getAccountInfo({ identityId });
if (!account.loggedIn) throw new Error('The session has ended.');
console.log(`${account.email} has ${account.creditBalance} credits`);

const job = `print-${crypto.randomUUID()}`;
await print(identityId, job, 30);
await print(identityId, job, 30);
await print(identityId, `${job}-again`, 5_000_000);

for (const { amount, description, order } of (await purser.customer.creditLog({ identityId })).items) {
  console.log(`${amount} ${order ? `order ${order.orderNumber}` : description}`);
}
await purser.customer.logout({ identityId });
console.log((await purser.customer.getAccountInfo({ identityId })).loggedIn ? 'still here' : 'logged out');
