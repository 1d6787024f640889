import type { Command, LedgerRequest } from '../../src/ledger/command.ts';
import { ATTEMPT } from './kept.ts';
import type { NaiveCommand, NaiveRequest } from './naive-words.ts';
import { NOBODY } from './pure-plans.ts';

/** @param group what those share that are done all or none. */
export function toRequest(
  { command: asked, key, content, sessionHasEnded }: NaiveRequest,
  group?: object,
): LedgerRequest {
  return {
    command: toCommand(asked),
    author: 'cli',
    sessionLives: !sessionHasEnded,
    group,
    ...(key === undefined ? {} : { idempotency: { keyHash: key, requestHash: content ?? '' } }),
  };
}

function toCommand(asked: NaiveCommand): Command {
  switch (asked.kind) {
    case 'spend':
    case 'note-expiring':
      return asked;
    case 'grant':
      return { ...asked, expiresAtMs: asked.expiresAt };
    case 'adjustment':
      return { ...asked, expiresAtMs: asked.expiresAt };
    case 'limits':
      return { ...asked, kind: 'set-limits' };
    case 'ban':
      return { kind: 'set-ban', banned: asked.banned };
    case 'look':
      return { kind: 'book-due' };
    case 'hold':
      return { kind: 'hold', amount: asked.amount, expiresInMs: asked.expiresIn };
    case 'extend':
      return { ...asked, ...nameHold(asked.hold), expiresInMs: asked.expiresIn };
    case 'capture':
    case 'release':
      return { ...asked, ...nameHold(asked.hold) };
    case 'refund':
      return { kind: 'refund', ...nameEntry(asked.entry), amount: asked.amount };
    case 'void':
      return { kind: 'void', ...nameEntry(asked.entry), debt: asked.debt };
  }
}

/** Nobody is meant by the name that the first would have if another attempt had written it. */
function nameHold(hold: number) {
  return hold === NOBODY ? { hold: 1, attempt: ATTEMPT + 1 } : { hold, attempt: ATTEMPT };
}

function nameEntry(seq: number) {
  return seq === NOBODY ? { seq: 1, attempt: ATTEMPT + 1 } : { seq, attempt: ATTEMPT };
}
