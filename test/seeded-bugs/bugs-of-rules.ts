import type { SeededBug } from './seeded-bug.ts';

const MODEL = { file: 'test/model/decide.test.ts', name: 'decides as the model does' };

/**
 * A fault of the rules in one file. What happens often enough is for the comparison with the naive model to notice;
 * `unit` names a file beside the rules and the test in it that is there for something rarer.
 */
function ruleBug(
  name: string,
  file: string,
  is: string,
  becomes: string,
  unit?: readonly [file: string, name: string],
): SeededBug {
  const test = unit ? { file: `src/ledger/${unit[0]}`, name: unit[1] } : MODEL;
  return { name, patches: [{ file: `src/ledger/${file}`, is, becomes }], test };
}

/** Faults in the rules of holds, refunds, voids, limits and what falls due. */
export const BUGS_OF_RULES: readonly SeededBug[] = [
  {
    ...ruleBug(
      'what was granted last burns first',
      'lot.ts',
      'return a.lot < b.lot;',
      'return a.lot > b.lot;',
    ),
    isQuick: true,
  },
  {
    ...ruleBug(
      'what is due is not booked when the command is refused',
      'decide.ts',
      'return { outcomes, changes: book.close(nowMs) };',
      `return { outcomes, changes: outcomes.some(({ kind }) => kind === 'done') ? book.close(nowMs) : undefined };`,
    ),
    test: { file: MODEL.file, name: 'writes what has expired also when the spend' },
  },
  ruleBug(
    'a hold that is over keeps its pins',
    'book.ts',
    'const letGo = hold.pins.map((pin) => this.lots.unpin(pin));',
    `const letGo = endedBy === 'expired' ? [] : hold.pins.map((pin) => this.lots.unpin(pin));`,
  ),
  ruleBug(
    'at one instant credit expires before the holds that are over',
    'expiry.ts',
    'hold?.expiresAtMs === atMs; hold',
    'hold?.expiresAtMs === atMs && endOf(lots[lotsDone]) !== atMs; hold',
    ['expiry.test.ts', 'at one instant holds end first, by creation'],
  ),
  ruleBug(
    'credit that falls due or is let go of pays no debt',
    'expiry.ts',
    '  settle(book, atMs);\n',
    '  void settle;\n',
  ),
  ruleBug(
    'what a release lets go of a lot that is due stays there',
    'hold.ts',
    'afterwards(book, letGo, nowMs);',
    'afterwards(book, letGo.slice(0, 0), nowMs);',
  ),
  ruleBug(
    'a capture beyond its hold is not judged',
    'capture.ts',
    'if (amount > within) {',
    'if (amount < within) {',
  ),
  ruleBug(
    'all of a capture beyond its hold is judged, not the part beyond it alone',
    'capture.ts',
    'judgeTaking(book, amount - within,',
    'judgeTaking(book, amount,',
  ),
  ruleBug(
    'a capture takes pins in the order in which they were made',
    'capture.ts',
    'pinned.sort((a, b) => inBurnOrder(a.lot, b.lot));',
    'void inBurnOrder;',
    ['capture.test.ts', 'pins that were added later are taken in burn order'],
  ),
  ruleBug(
    'a capture that is not final ends its hold',
    'capture.ts',
    'const isOver = command.final || hold.reserved === 0n;',
    'const isOver = command.final || hold.reserved >= 0n;',
  ),
  ruleBug('prolonging a hold may shorten it', 'hold.ts', 'Math.max(hold.expiresAtMs, untilMs)', 'untilMs'),
  ruleBug(
    'a hold may be prolonged without end',
    'hold.ts',
    'Math.min(nowMs + expiresInMs, hold.createdAtMs + MAX_HOLD_MS)',
    'nowMs + expiresInMs',
    ['hold.test.ts', 'adding to a hold keeps one pin a lot'],
  ),
  ruleBug(
    'the id of a hold that was never written names the one that was',
    'book-holds.ts',
    'hold.hold === number && hold.attempt === attempt',
    'hold.hold === number && attempt >= 0',
  ),
  ruleBug(
    'the hard limit of a month forgets what holds reserve',
    'limit.ts',
    'const used = limits.monthUsed + account.held;\n  if (isTooLarge(',
    'const used = limits.monthUsed;\n  if (isTooLarge(',
    ['limit.test.ts', 'spends, captures and open holds together never pass'],
  ),
  ruleBug(
    'a refund does not lower the use of its month',
    'refund.ts',
    'countUse(book, -amount)',
    'countUse(book, 0n)',
    ['limit.test.ts', 'a refund lowers the use of the month in which'],
  ),
  ruleBug(
    'a refund of what was spent in another month lowers the use of this one',
    'refund.ts',
    'if (book.limits && undone.entry.atMs >= book.limits.monthFromMs)',
    'if (book.limits)',
    ['limit.test.ts', 'a refund lowers the use of the month in which'],
  ),
  ruleBug(
    'the event of the soft limit comes again and again',
    'limit.ts',
    'limits.softNoted = true;',
    'limits.softNoted = false;',
  ),
  ruleBug(
    'a second refund forgets the first',
    'refund.ts',
    'const left = -slice.amount - settled - (before?.amount ?? 0n);',
    'const left = -slice.amount - settled;',
    ['refund.test.ts', 'more than is left, or anything of nothing'],
  ),
  ruleBug(
    'a refund gives back first what was taken first',
    'refund.ts',
    '[...entry.slices.entries()].reverse()',
    '[...entry.slices.entries()]',
    ['refund.test.ts', 'a refund in parts undoes what was taken last first'],
  ),
  ruleBug(
    'a refund gives back to a lot that is due',
    'refund.ts',
    'if (lot.expiresAtMs === null || !isDue(lot, nowMs))',
    'if (lot.expiresAtMs === null || !isDue(lot, 0))',
  ),
  ruleBug(
    'a refund lets a lot that was due live anew for as long as it lived at first',
    'refund.ts',
    'const hadToLiveMs = expiresAtMs - atMs;',
    'const hadToLiveMs = expiresAtMs - atMs + 86_400_000;',
    ['refund.test.ts', 'what would return to a due lot opens a new lot'],
  ),
  ruleBug(
    'a void takes what holds have pinned',
    'void.ts',
    'least(freeOf(lot), most)',
    'least(lot.remaining, most)',
  ),
  ruleBug(
    'a void that is repeated takes more than the grant brought',
    'void.ts',
    'const most = opening.amount - earlier.free - earlier.debt;',
    'const most = opening.amount;',
    ['void.test.ts', 'credit of a voided lot that comes back after'],
  ),
  ruleBug(
    'a void with debt owes again what an earlier one made debt',
    'void.ts',
    'used > earlier.debt ? used - earlier.debt : 0n',
    'used > 0n ? used : 0n',
    ['void.test.ts', 'with debt, what was used of the lot is owed'],
  ),
  ruleBug(
    'a lot has its event of expiring soon more than once',
    'event.ts',
    'book.lots.markNoted(lot);',
    'book.lots.markNoted(lot);\n  lot.expiryNoted = false;',
  ),
  ruleBug(
    'a lot that is known by its number alone is forgotten when the next expiry is told',
    'book-lots.ts',
    '!this.#unread?.nextDueIsExact || this.#mayHaveTaken(unreadMs)',
    '!this.#unread?.nextDueIsExact',
  ),
];
