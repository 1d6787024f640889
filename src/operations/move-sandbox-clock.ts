import { Refusal, validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import { lockLedger, setClockOffset } from '../store/sandbox-rows.ts';
import { parseInstant } from './expiration-date.ts';
import { parseLengthOfTime } from './length-of-time.ts';
import type { Caller, Services } from './services.ts';

/** How far, or to which instant; exactly one of the two. */
export type ClockRequest = { readonly advance: string } | { readonly to: string };

export interface MovedSandboxClock {
  readonly success: true;
  /** The sandbox's present time. */
  readonly now: string;
  /** Seconds that its clock is ahead of real time, by all moves together. */
  readonly advancedBy: number;
}

/** Ten years in all, with the three leap days that they may have. */
const FURTHEST_MS = 3_653 * 24 * 60 * 60 * 1000;

/**
 * Moves the clock of a sandbox forward, for everything in that ledger (rule 10). What falls due by it is booked by
 * the sweeper, and before anything else that looks at an account.
 *
 * @throws Refusal PUBLIC_SANDBOX_ONLY, INTERNAL_VALIDATION_FAILED for a move that is none, goes back or too far.
 */
export async function moveSandboxClock(
  services: Pick<Services, 'database' | 'clockOffsetMs'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  request: ClockRequest,
): Promise<MovedSandboxClock> {
  return inTransaction(services.database, async (tx) => {
    const ledger = await lockLedger(tx, ledgerId);
    if (ledger?.kind !== 'sandbox') throw new Refusal('PUBLIC_SANDBOX_ONLY');
    const realMs = ledger.realMs + (services.clockOffsetMs?.() ?? 0);
    const byMs = readMove(request, realMs + ledger.clockOffsetMs);
    const clockOffsetMs = ledger.clockOffsetMs + byMs;
    if (clockOffsetMs > FURTHEST_MS) {
      throw validationFailed([{ pointer: pointerOf(request), message: 'must stay within 10 years in all' }]);
    }
    await setClockOffset(tx, ledgerId, clockOffsetMs);
    const now = new Date(realMs + clockOffsetMs).toISOString();
    return { success: true, now, advancedBy: clockOffsetMs / 1000 };
  });
}

/** @returns by how many milliseconds, more than 0. */
function readMove(request: ClockRequest, nowMs: number): number {
  const byMs = 'to' in request ? readInstant(request.to) - nowMs : parseLengthOfTime(request.advance);
  if (byMs !== undefined && byMs > 0) return byMs;
  const message =
    'to' in request
      ? `must be later than the sandbox’s present time, ${new Date(nowMs).toISOString()}`
      : 'must be a length of time such as 30d, 12h or 1d12h, more than 0';
  throw validationFailed([{ pointer: pointerOf(request), message }]);
}

function readInstant(text: string): number {
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  const message = 'must be an instant with an offset such as 2030-12-31T12:00:00Z';
  throw validationFailed([{ pointer: '/to', message }]);
}

function pointerOf(request: ClockRequest): string {
  return 'to' in request ? '/to' : '/advance';
}
