import { fromMicro } from '../ledger/amount.ts';
import { type Fault, validationFailed } from '../refusals.ts';
import {
  type ContactFilter,
  type ContactOrder,
  type ContactPage,
  type ContactRow,
  countContacts,
  readContacts,
} from '../store/contact-list.ts';
import { inTransaction } from '../store/database.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { endOfDay } from '../time-zone.ts';
import { bookWhatIsDue } from './book-what-is-due.ts';
import { parseDay, parseInstant } from './expiration-date.ts';
import type { Caller, Services } from './services.ts';
import { type ToldGroup, toGroupsTold } from './told-customer.ts';

/** Which customers an operator wants to see; what is undefined does not matter. */
export interface ContactListRequest {
  /** 1-1,000. */
  readonly limit?: number | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  /** Words that must all be found. */
  readonly filterFulltextQuery?: string | undefined;
  /** Such as credit:desc. */
  readonly orderBy?: string | undefined;
  readonly isBanned?: boolean | undefined;
  readonly isPremium?: boolean | undefined;
  /** Whether there is a password to log in with. */
  readonly isRegistered?: boolean | undefined;
  /** Whether the balance is above 0. */
  readonly hasCredit?: boolean | undefined;
  /** Days, both included, in the organisation's time zone, or instants. */
  readonly registeredFrom?: string | undefined;
  readonly registeredTo?: string | undefined;
}

/** A customer of the list; credits as JSON numbers. */
export interface ContactItem {
  /** The cuRefNo. */
  readonly id: string;
  readonly email: string;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly companyName: string | null;
  readonly premium: boolean;
  readonly ban: boolean;
  readonly isRegistered: boolean;
  readonly emailConfirmed: boolean;
  readonly groups: readonly ToldGroup[];
  readonly managedBy: string | null;
  readonly credit: number;
  readonly held: number;
  readonly debt: number;
  readonly insertedDate: string;
}

const DEFAULT_LIMIT = 50;
const MOST_WORDS = 20;

/** What orderBy may be: a member of an item and a direction. */
export const ORDER_BY = /^(credit|email|firstName|lastName|companyName|insertedDate):(asc|desc)$/;

/**
 * Lists the customers of a ledger for an operator, without those that were erased. What is due of the customers
 * shown is booked first; of the others, which only the order by credit looks at, the sweeper books it.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED and what the writer throws.
 */
export async function listContacts(
  services: Services,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  request: ContactListRequest,
): Promise<{ items: ContactItem[]; itemCount: number }> {
  const filter = await readFilter(services, ledgerId, request);
  const page = readPage(request);
  const look = () => readAll(services, ledgerId, filter, page);
  let seen = await look();
  const due = seen.rows.filter(({ somethingIsDue }) => somethingIsDue);
  if (due.length > 0) {
    await Promise.all(due.map(({ accountId }) => bookWhatIsDue(services, accountId, ledgerId)));
    seen = await look();
  }
  return { items: seen.rows.map(toItem), itemCount: seen.itemCount };
}

async function readAll(services: Services, ledgerId: number, filter: ContactFilter, page: ContactPage) {
  const offsetMs = services.clockOffsetMs?.() ?? 0;
  return inTransaction(
    services.database,
    async (tx) => ({
      rows: await readContacts(tx, ledgerId, filter, page, offsetMs),
      itemCount: await countContacts(tx, ledgerId, filter),
    }),
    'snapshot',
  );
}

function readPage({ limit = DEFAULT_LIMIT, page = 1, orderBy = 'insertedDate:desc' }: ContactListRequest) {
  const [, order, direction] = ORDER_BY.exec(orderBy) ?? [];
  if (order === undefined) {
    const message = 'must be a member and a direction, such as credit:desc';
    throw validationFailed([{ pointer: '/orderBy', message }]);
  }
  const descending = direction === 'desc';
  return { order: order as ContactOrder, descending, limit, offset: (page - 1) * limit };
}

async function readFilter(
  { database }: Services,
  ledgerId: number,
  request: ContactListRequest,
): Promise<ContactFilter> {
  const { filterFulltextQuery = '', isBanned, isPremium, isRegistered, hasCredit } = request;
  const organisation = await findOrganisationOfLedger(database.pool, ledgerId);
  const timeZone = organisation?.timeZone ?? 'UTC';
  const faults: Fault[] = [];
  const read = (member: 'registeredFrom' | 'registeredTo') => {
    const text = request[member];
    if (text === undefined) return undefined;
    const isEnd = member === 'registeredTo';
    const instant = parseInstant(text);
    // An instant is included; a day is up to the first instant of the next.
    if (instant !== undefined) return isEnd ? instant + 1 : instant;
    const day = parseDay(text);
    if (day !== undefined) return endOfDay(isEnd ? day : day - DAY_MS, timeZone);
    const message = 'must be a date such as 2030-12-31, or an instant with an offset';
    faults.push({ pointer: `/${member}`, message });
    return undefined;
  };
  const [fromMs, untilMs] = [read('registeredFrom'), read('registeredTo')];
  if (faults.length > 0) throw validationFailed(faults);
  const words = filterFulltextQuery.split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
  return { words, isBanned, isPremium, isRegistered, hasCredit, fromMs, untilMs };
}

const DAY_MS = 86_400_000;

function toItem(row: ContactRow): ContactItem {
  const { cuRefNo, email, phone, firstName, lastName, companyName, premium, banned, isRegistered } = row;
  return {
    id: cuRefNo,
    ...{ email, phone, firstName, lastName, companyName, premium, ban: banned, isRegistered },
    emailConfirmed: row.emailConfirmed,
    groups: toGroupsTold(row.groups),
    managedBy: row.managedBy,
    credit: fromMicro(row.balance),
    held: fromMicro(row.held),
    debt: fromMicro(row.debt),
    insertedDate: row.createdAt.toISOString(),
  };
}
