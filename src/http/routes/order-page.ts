import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Html, html } from '../../html.ts';
import type { Services } from '../../operations/services.ts';
import { type ShownItem, type ShownOrder, showOrderPage } from '../../operations/show-order.ts';
import { REFUSALS, Refusal } from '../../refusals.ts';
import type { OrderState } from '../../store/order-rows.ts';
import { createErrorHandler } from '../answer-error.ts';
import { type CustomerPage, sendCustomerPage } from '../customer-page.ts';
import { PUBLIC } from '../policy.ts';
import type { App } from '../route.ts';

const HASH = /^[A-Za-z0-9]{32}$/;

type OrderRequest = FastifyRequest<{ Params: { hash: string } }>;

/** The page of one order, for whoever has its link. */
export async function addOrderPage(app: App, services: Pick<Services, 'database' | 'log'>): Promise<void> {
  // A scope of its own, so that failures are pages too.
  await app.register((scope, _options, done) => {
    scope.setErrorHandler(createErrorHandler(services.log, sendFailure));
    scope.get(
      '/order/:hash',
      { config: { policy: PUBLIC }, schema: { hide: true } },
      async ({ params }: OrderRequest, reply) => {
        if (!HASH.test(params.hash)) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
        return sendCustomerPage(reply, 200, orderPage(await showOrderPage(services, params.hash)));
      },
    );
    done();
  });
}

const STATE_WORDS: Readonly<Record<OrderState, string>> = {
  waiting: 'This order waits to be paid.',
  paying: 'This order is paid. Your credit will be there in a moment.',
  paid: 'This order is paid. Thank you!',
  cancelling: 'This order was cancelled.',
  cancelled: 'This order was cancelled.',
};

function orderPage(order: ShownOrder & { readonly organisationName: string }): CustomerPage {
  const { orderNumber, organisationName, state, items, total, currency, createdAt, returnUrl } = order;
  const money = moneyFormat(currency);
  const isCancelled = state === 'cancelling' || state === 'cancelled';
  const brings = !isCancelled && items.some(({ creditAmount }) => creditAmount > 0);
  const credits = items.reduce((sum, { creditAmount, count }) => sum + creditAmount * count, 0);
  const onward = returnUrl
    ? html`<p><a class="button" href="${returnUrl}" rel="noreferrer">Go back to ${new URL(returnUrl).host}</a></p>`
    : html``;
  return {
    title: `Order ${orderNumber}`,
    body: html`<p class="lead">${STATE_WORDS[state]}</p>
<p class="soft">${organisationName}, ${createdAt.toISOString().slice(0, 10)}</p>
<table>
<thead><tr><th scope="col">Item</th><th scope="col">Pieces</th><th scope="col">Price</th></tr></thead>
<tbody>
${items.map((item) => itemRow(item, money))}</tbody>
<tfoot><tr><th scope="row" colspan="2">In all</th><td><strong>${money(total)}</strong></td></tr></tfoot>
</table>
${brings ? html`<p>It brings ${number(credits)} ${credits === 1 ? 'credit' : 'credits'}.</p>` : html``}
${onward}`,
  };
}

function itemRow({ label, count, price, vat }: ShownItem, money: (amount: number) => string): Html {
  const each = count > 1 && price > 0 ? html` <span class="soft">(${money(price)} each)</span>` : html``;
  const tax = vat === null ? html`` : html`<br><span class="soft">includes ${number(vat)} % VAT</span>`;
  return html`<tr><td>${label}</td><td>${number(count)}</td><td>${money(price * count)}${each}${tax}</td></tr>\n`;
}

/** The code, not a sign: several currencies share one. */
function moneyFormat(currency: string): (amount: number) => string {
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    maximumFractionDigits: 6,
  });
  return (amount) => format.format(amount);
}

function number(amount: number): string {
  return amount.toLocaleString('en', { maximumFractionDigits: 6 });
}

const NOT_FOUND: CustomerPage = {
  title: 'There is no such order',
  body: html`<p class="lead">Please look whether the link is complete.</p>`,
};

const BROKEN: CustomerPage = {
  title: 'Please try again',
  body: html`<p class="lead">The order cannot be shown right now. In a minute it should work.</p>`,
};

function sendFailure(request: FastifyRequest, reply: FastifyReply, { code }: Refusal): void {
  request.refusalCode = code;
  sendCustomerPage(reply, REFUSALS[code].status, code === 'INTERNAL_RESOURCE_NOT_FOUND' ? NOT_FOUND : BROKEN);
}
