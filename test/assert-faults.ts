import assert from 'node:assert/strict';
import { type Fault, Refusal } from '../src/refusals.ts';

/** Asserts that a request was refused for exactly these members, named by their JSON pointers. */
export async function assertFaults(attempt: Promise<unknown>, pointers: readonly string[]): Promise<void> {
  const refusal = await attempt.then(
    () => assert.fail('the request was not refused'),
    (error: unknown) => error,
  );
  assert.ok(refusal instanceof Refusal, String(refusal));
  assert.equal(refusal.code, 'INTERNAL_VALIDATION_FAILED');
  const faults = refusal.details.errors as readonly Fault[];
  assert.deepEqual(faults.map((fault) => fault.pointer).sort(), [...pointers].sort());
}
