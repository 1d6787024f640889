import type { IdCipher } from '../ids.ts';
import type { IpContext } from '../ip/context.ts';
import { fromMicro } from '../ledger/amount.ts';
import { inTransaction, type Queryable } from '../store/database.ts';
import { readIpContexts } from '../store/ip-rows.ts';
import { type LogRow, readLogRows } from '../store/log-rows.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { lookAtFigures, readBooked } from './book-what-is-due.ts';
import { type CreditLogItem, toLogItems } from './log-item.ts';
import { nameCustomer } from './name-customer.ts';
import type { Caller, Services } from './services.ts';

/** An entry as operators see it: as its customer does, and where it came from. */
export interface ContactCreditItem extends CreditLogItem {
  /** As the call gave it; once it is old, its network. */
  readonly customerRealIp?: string;
  /** What was known of the address on that day. */
  readonly ipContext?: IpContext;
}

/** A customer's credit as operators see it, newest first; credits and money as JSON numbers. */
export interface ContactCredit {
  readonly credit: number;
  readonly creditMoney: number;
  readonly currency: string;
  readonly items: readonly ContactCreditItem[];
  /** Of the whole history, also where not all of it is shown. */
  readonly itemCount: number;
}

const MOST_ITEMS = 10_000;
const FIRST_PAGE = 2 ** 31 - 1;

/**
 * Lists a customer's entries with the addresses they came from. Balance and rows are one snapshot.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function listContactCredit(
  services: Services,
  caller: Caller,
  { cuRefNo, limit = MOST_ITEMS }: { readonly cuRefNo: string; readonly limit?: number | undefined },
): Promise<ContactCredit> {
  const { accountId } = await nameCustomer(services, caller, { cuRefNo });
  const { database, ids } = services;
  const offsetMs = services.clockOffsetMs?.() ?? 0;
  const { figures, items, itemCount } = await readBooked(services, accountId, () =>
    inTransaction(
      database,
      async (tx) => {
        const rows = await readLogRows(tx, accountId, offsetMs, FIRST_PAGE, limit);
        return {
          ...(await lookAtFigures(services, tx, accountId)),
          items: await toContactCreditItems(tx, ids, rows),
          // Seqs have no gaps: an aborted attempt's goes to the next.
          itemCount: rows[0]?.seq ?? 0,
        };
      },
      'snapshot',
    ),
  );
  const organisation = await findOrganisationOfLedger(database.pool, caller.ledgerId);
  return {
    credit: fromMicro(figures.balance),
    creditMoney: fromMicro(figures.balanceMoney),
    currency: organisation?.currency ?? '',
    items,
    itemCount,
  };
}

/** @returns the rows as items with the addresses they came from and what was known of those. */
export async function toContactCreditItems(
  queryable: Queryable,
  ids: IdCipher,
  rows: readonly LogRow[],
): Promise<ContactCreditItem[]> {
  const withAddress = rows.filter(hasAddress);
  const known = await readIpContexts(queryable, withAddress);
  const contexts = new Map(withAddress.map(({ seq }, i) => [seq, known[i]]));
  const items = toLogItems(ids, rows);
  return rows.flatMap(({ seq, ip }, i) => {
    const item = items[i];
    const ipContext = contexts.get(seq);
    return item
      ? [{ ...item, ...(ip !== null && { customerRealIp: ip }), ...(ipContext && { ipContext }) }]
      : [];
  });
}

function hasAddress(row: LogRow): row is LogRow & { readonly ip: string } {
  return row.ip !== null;
}
