import { type Fault, Refusal } from '../refusals.ts';

/**
 * Runs a check; what it refuses is added to the faults, so that all of them are told at once.
 *
 * @returns what the check gives, or undefined where it refused.
 */
export async function collectFaults<T>(faults: Fault[], check: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    faults.push(...faultsIn(error));
    return undefined;
  }
}

/** @returns the faults that a check has thrown; all else is thrown on. */
export function faultsIn(error: unknown): readonly Fault[] {
  if (!(error instanceof Refusal) || error.code !== 'INTERNAL_VALIDATION_FAILED') throw error;
  return error.details.errors as readonly Fault[];
}
