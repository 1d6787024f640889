import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MadeOrder, type OneShop, openOneShop } from '../../test/one-shop.ts';
import { workOnJobs } from '../jobs/work-on-jobs.ts';
import { findOrderByHash } from '../store/order-rows.ts';
import { notifyOrder } from './notify-order.ts';
import { showWebhookSecrets } from './show-webhook-secrets.ts';
import { signWebhook } from './webhook-signature.ts';

const LINES = [{ price: 90, creditAmount: 100 }];

let shop: OneShop;
let receiver: Server;
let origin: string;
let news: { path: string | undefined; type: string | undefined; body: unknown }[] = [];
/** Of the newest news: the headers as they came, and the body's bytes. */
let last: { headers: IncomingMessage['headers']; body: string };
let answer: (request: IncomingMessage, response: ServerResponse) => void;

before(async () => {
  shop = await openOneShop();
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url: path, headers } = request;
    last = { headers, body: Buffer.concat(chunks).toString() };
    news.push({ path, type: headers['content-type'], body: JSON.parse(last.body) });
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
after(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await shop.close();
});
beforeEach(async () => {
  news = [];
  answer = (_request, response) => void response.end();
  await listOrigins([origin]);
});

async function listOrigins(origins: string[]): Promise<void> {
  await shop.services.database.pool.query(
    'UPDATE organisations SET origins = $2 WHERE organisation_id = $1',
    [shop.organisation.organisationId, origins],
  );
}

async function makeOrder(path = '/news'): Promise<MadeOrder> {
  const { email } = await shop.newCustomer();
  return shop.order(email, LINES, { notificationUrl: `${origin}${path}` });
}

async function notify({ hash }: MadeOrder): Promise<void> {
  const { orderId } = (await findOrderByHash(shop.services.database.pool, hash)) ?? { orderId: 0 };
  await notifyOrder(shop.services, { ledgerId: shop.caller.ledgerId, orderId });
}

describe('the shop', () => {
  it('is told by a job when its order is paid, and when it is cancelled', async () => {
    const worker = workOnJobs(shop.services);
    try {
      const order = await makeOrder('/news?from=purser');
      const { orderNumber, hash } = order;
      const told = async (state: string) => {
        const isThere = () => news.some(({ body }) => (body as { state: string }).state === state);
        for (let tries = 0; tries < 200 && !isThere(); tries++) await sleep(100);
        const expected = { path: '/news?from=purser', type: 'application/json' };
        assert.deepEqual(news.at(-1), { ...expected, body: { orderNumber, hash, state } });
      };
      await shop.pay(order);
      await told('paid');
      await shop.cancel(order);
      await told('cancelled');
      assert.equal(news.length, 2);
    } finally {
      await worker.stop();
    }
  });

  it('is told with a signature by the secret of its ledger, under an id that every try has', async () => {
    const order = await makeOrder();
    await shop.pay(order);
    const { database } = shop.services;
    const { sandbox, live } = await showWebhookSecrets({ database }, shop.organisation.slug);
    assert.notEqual(sandbox, live);
    const own = shop.caller.ledgerId === shop.organisation.live ? live : sandbox;
    for (const _ of [1, 2]) {
      await notify(order);
      const id = `${order.hash}.paid`;
      const sentAtMs = Number(last.headers['webhook-timestamp']) * 1_000;
      assert.ok(Math.abs(Date.now() - sentAtMs) < 60_000);
      const wanted = Object.entries(signWebhook(own, { id, body: last.body }, sentAtMs));
      for (const [header, value] of wanted) assert.equal(last.headers[header], value);
    }
  });

  it('that answers anything but success is told again: the job fails', async () => {
    const order = await makeOrder();
    await shop.pay(order);
    for (const status of [301, 302, 307, 400, 500]) {
      answer = (_request, response) => void response.writeHead(status, { location: '/elsewhere' }).end('no');
      await assert.rejects(notify(order), { message: new RegExp(`answered ${status}`) });
    }
    assert.deepEqual(new Set(news.map(({ path }) => path)), new Set(['/news']));
    answer = (request) => void request.socket.destroy();
    await assert.rejects(notify(order));
  });

  it('is told the newest state, whatever the job was made for', async () => {
    const order = await makeOrder();
    await shop.pay(order);
    await shop.cancel(order);
    await notify(order);
    assert.deepEqual(
      news.map(({ body }) => (body as { state: string }).state),
      ['cancelled'],
    );
  });

  it('whose origin was taken off the list is called no more, nor is one whose order is gone', async () => {
    const order = await makeOrder();
    await shop.pay(order);
    await listOrigins(['https://shop.example.com']);
    await notify(order);
    await notifyOrder(shop.services, { ledgerId: shop.caller.ledgerId, orderId: 0 });
    assert.deepEqual(news, []);
  });

  it('is not kept waiting for by whoever pays: a job for it is there exactly when the order is paid', async () => {
    const order = await makeOrder();
    const count = async () => {
      const { rows } = await shop.services.database.pool.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM purser_jobs.jobs WHERE task_identifier = 'notify-order'`,
      );
      return rows[0]?.count ?? 0;
    };
    const before = await count();
    await Promise.all([shop.pay(order), shop.pay(order)]);
    await shop.pay(order);
    assert.equal(await count(), before + 1);
    assert.deepEqual(news, []);
  });
});
