import type { Invariant } from '../src/ledger/audit-words.ts';

type StoredFault = readonly [Invariant, string, string];

// $1 is the account. Each statement spoils one thing that reading alone can get wrong; the clauses of the
// invariants themselves are spoiled one by one beside the audit.
/** Of an account that knows no holds: an invariant, what is wrong with it, and the statement that makes it so. */
export const FAULTS: readonly StoredFault[] = [
  ['I1', 'an entry was deleted', 'DELETE FROM entries WHERE account_id = $1 AND seq = 4'],
  ['I1', 'the last entry was deleted', 'DELETE FROM entries WHERE account_id = $1 AND seq = 10'],
  ['I1', 'all entries were deleted', 'DELETE FROM entries WHERE account_id = $1'],
  ['I1', 'a change was deleted', 'DELETE FROM account_changes WHERE account_id = $1 AND version = 8'],
  ['I1', 'a balance was changed', 'UPDATE accounts SET balance = balance + 1 WHERE account_id = $1'],
  ['I1', 'a ban was set by hand', 'UPDATE accounts SET banned = true WHERE account_id = $1'],
  ['I2', 'a lot was deleted', 'DELETE FROM lots WHERE account_id = $1 AND lot = 3'],
  ['I2', 'a lot was refilled', 'UPDATE lots SET remaining = 74 WHERE account_id = $1 AND lot = 3'],
  ['I2', 'a lot has more money', 'UPDATE lots SET remaining_money = 8 WHERE account_id = $1 AND lot = 3'],
  ['I2', 'the cursor has more', 'UPDATE accounts SET cursor_remaining = 36 WHERE account_id = $1'],
  ['I2', 'the cursor has more money', 'UPDATE accounts SET cursor_money = 1 WHERE account_id = $1'],
  ['I9', 'the cursor is held', 'UPDATE accounts SET cursor_held = 1 WHERE account_id = $1'],
  ['I2', 'the cursor expires', 'UPDATE accounts SET cursor_expires_at_ms = 1 WHERE account_id = $1'],
  ['I2', 'the cursor burns later', 'UPDATE accounts SET cursor_priority = 51 WHERE account_id = $1'],
  ['I2', 'the next expiry is lost', 'UPDATE accounts SET next_due_ms = NULL WHERE account_id = $1'],
  ['I2', 'an expiry is told of another', 'UPDATE lots SET written_off = 1 WHERE account_id = $1 AND lot = 2'],
  ['I3', 'a debt is open again', 'UPDATE debts SET open = 1 WHERE account_id = $1 AND seq = 5'],
  ['I3', 'a debt was deleted', 'DELETE FROM debts WHERE account_id = $1 AND seq = 5'],
  ['I3', 'the account owes something', 'UPDATE accounts SET debt = 1 WHERE account_id = $1'],
  ['I4', 'an amount was changed', 'UPDATE entries SET amount = -61 WHERE account_id = $1 AND seq = 3'],
  ['I4', 'slices were blanked', `UPDATE entries SET slices = '[]' WHERE account_id = $1 AND seq = 3`],
  ['I4', 'slices are null', `UPDATE entries SET slices = 'null' WHERE account_id = $1 AND seq = 3`],
  [
    'I5',
    'two entries have one key',
    `UPDATE entries SET key_hash = '00000000-0000-0000-0000-000000000001',
       request_hash = '00000000-0000-0000-0000-000000000002' WHERE account_id = $1 AND seq IN (1, 2)`,
  ],
  [
    'I5',
    'a refused key has an entry',
    `WITH keyed AS (UPDATE entries SET key_hash = '00000000-0000-0000-0000-000000000001',
       request_hash = '00000000-0000-0000-0000-000000000002' WHERE account_id = $1 AND seq = 1 RETURNING *)
     INSERT INTO refused_requests SELECT account_id, key_hash, request_hash, 402, '{}', now() FROM keyed`,
  ],
  ['I6', 'a lot burns earlier', 'UPDATE lots SET priority = 0 WHERE account_id = $1 AND lot = 1'],
  ['I6', 'a lot fell due earlier', 'UPDATE lots SET expires_at_ms = 6200 WHERE account_id = $1 AND lot = 4'],
  ['I7', 'the customer moved', 'UPDATE customers SET ledger_id = 1 WHERE account_id = $1'],
  ['I7', 'the account moved', 'UPDATE accounts SET ledger_id = 1 WHERE account_id = $1'],
  ['I7', 'a session moved', 'UPDATE sessions SET ledger_id = 1 WHERE account_id = $1'],
  ['I7', 'the customer was deleted', 'DELETE FROM customers WHERE account_id = $1'],
  ['I7', 'the ledger is not there', 'UPDATE accounts SET ledger_id = 999 WHERE account_id = $1'],
  [
    'I7',
    'another ledger brought the customer',
    'UPDATE customers SET referral_account_id = 99 WHERE account_id = $1',
  ],
  [
    'I7',
    'a key of another ledger wrote an entry',
    `UPDATE entries SET author = 'key:1' WHERE account_id = $1 AND seq = 3`,
  ],
  ['I8', 'a debt limit was lowered', 'UPDATE entries SET debt_limit = 0 WHERE account_id = $1 AND seq = 5'],
  ['I9', 'something is held', 'UPDATE accounts SET held = 1 WHERE account_id = $1'],
  ['I11', 'an entry is dated back', 'UPDATE entries SET at_ms = 1 WHERE account_id = $1 AND seq = 6'],
  ['I1', 'the account was deleted', 'DELETE FROM accounts WHERE account_id = $1'],
];

/** Of an account with holds, refunds, voids and monthly limits. */
export const HOLD_FAULTS: readonly StoredFault[] = [
  ['I1', 'a hold event is lost', 'DELETE FROM account_changes WHERE account_id = $1 AND version = 6'],
  [
    'I1',
    'a hold tells another balance',
    'UPDATE account_changes SET balance = 1 WHERE account_id = $1 AND version = 4',
  ],
  ['I2', 'the last hold is another', 'UPDATE accounts SET last_hold = 7 WHERE account_id = $1'],
  ['I2', 'the next end of a hold is lost', 'UPDATE accounts SET hold_due_ms = NULL WHERE account_id = $1'],
  ['I4', 'more is refundable', 'UPDATE entries SET refundable = 143 WHERE account_id = $1 AND seq = 13'],
  ['I4', 'a refund undoes another spend', 'UPDATE entries SET undoes = 4 WHERE account_id = $1 AND seq = 18'],
  ['I4', 'a void undoes a spend', 'UPDATE entries SET undoes = 5 WHERE account_id = $1 AND seq = 25'],
  [
    'I4',
    'a slice undoes another',
    `UPDATE entries SET slices = jsonb_set(slices, '{0,undoes,slice}', '2')
     WHERE account_id = $1 AND seq = 13`,
  ],
  ['I4', 'a capture is of another hold', 'UPDATE entries SET hold = 9 WHERE account_id = $1 AND seq = 10'],
  [
    'I4',
    'a hold ended otherwise',
    `UPDATE holds SET ended_by = 'expired' WHERE account_id = $1 AND hold = 3`,
  ],
  [
    'I4',
    'a hold ended at another instant',
    'UPDATE holds SET ended_at_ms = 1 WHERE account_id = $1 AND hold = 3',
  ],
  [
    'I5',
    'an entry and a hold event have one key',
    `UPDATE account_changes SET key_hash = e.key_hash FROM entries e
     WHERE account_changes.account_id = $1 AND account_changes.version = 4 AND e.account_id = $1 AND e.seq = 5`,
  ],
  [
    'I5',
    'a refused key has a hold event',
    `INSERT INTO refused_requests
     SELECT account_id, key_hash, request_hash, 402, '{}', now() FROM account_changes
     WHERE account_id = $1 AND version = 4`,
  ],
  [
    'I5',
    'the end of a hold has a key',
    `UPDATE account_changes SET key_hash = md5('a')::uuid,
     request_hash = md5('b')::uuid WHERE account_id = $1 AND version = 12`,
  ],
  [
    'I7',
    'an event is of another ledger',
    `INSERT INTO events (account_id, ledger_id, kind, at_ms, details)
     VALUES ($1, 1, 'debt-begun', 0, '{}')`,
  ],
  [
    'I7',
    'a key of another ledger made a hold',
    `UPDATE account_changes SET author = 'key:1'
     WHERE account_id = $1 AND version = 4`,
  ],
  [
    'I8',
    'an entry has another soft limit',
    'UPDATE entries SET soft_limit = 1 WHERE account_id = $1 AND seq = 25',
  ],
  [
    'I8',
    'an entry has another hard limit',
    'UPDATE entries SET hard_limit = 1 WHERE account_id = $1 AND seq = 25',
  ],
  [
    'I8',
    'a hold has another soft limit',
    'UPDATE account_changes SET soft_limit = 1 WHERE account_id = $1 AND version = 4',
  ],
  [
    'I8',
    'a hold has another hard limit',
    'UPDATE account_changes SET hard_limit = 1 WHERE account_id = $1 AND version = 4',
  ],
  ['I8', 'the soft limit is another', 'UPDATE account_limits SET soft_limit = 1 WHERE account_id = $1'],
  ['I8', 'the hard limit is another', 'UPDATE account_limits SET hard_limit = 1 WHERE account_id = $1'],
  ['I8', 'the limits are lost', 'DELETE FROM account_limits WHERE account_id = $1'],
  ['I9', 'a hold is lost', 'DELETE FROM holds WHERE account_id = $1 AND hold = 6'],
  ['I9', 'an ended hold is lost', 'DELETE FROM holds WHERE account_id = $1 AND hold = 2'],
  [
    'I9',
    'a hold nobody made',
    `INSERT INTO holds SELECT account_id, 7, attempt, created_at_ms, expires_at_ms, 0, 0, 0,
     '[]', NULL, NULL, ended_by, ended_at_ms FROM holds WHERE account_id = $1 AND hold = 3`,
  ],
  ['I9', 'a hold reserves more', 'UPDATE holds SET reserved = 61 WHERE account_id = $1 AND hold = 5'],
  [
    'I9',
    'a hold has more without a pin',
    'UPDATE holds SET unpinned = 31 WHERE account_id = $1 AND hold = 6',
  ],
  ['I9', 'a hold was captured', 'UPDATE holds SET captured = 1 WHERE account_id = $1 AND hold = 5'],
  ['I9', 'a hold has no pins', `UPDATE holds SET pins = '[]' WHERE account_id = $1 AND hold = 5`],
  ['I9', 'a hold ends later', 'UPDATE holds SET expires_at_ms = 1 WHERE account_id = $1 AND hold = 6'],
  ['I9', 'a hold began earlier', 'UPDATE holds SET created_at_ms = 1 WHERE account_id = $1 AND hold = 6'],
  ['I9', 'a hold has another attempt', 'UPDATE holds SET attempt = 1 WHERE account_id = $1 AND hold = 6'],
  [
    'I9',
    'a hold event reserves more',
    'UPDATE account_changes SET reserved = 131 WHERE account_id = $1 AND version = 4',
  ],
  [
    'I9',
    'a hold event holds more',
    'UPDATE account_changes SET held = 131 WHERE account_id = $1 AND version = 4',
  ],
  [
    'I9',
    'a hold event pins nothing',
    `UPDATE account_changes SET pins = '[]' WHERE account_id = $1 AND version = 4`,
  ],
  [
    'I9',
    'a hold event is of another hold',
    'UPDATE account_changes SET hold = 7 WHERE account_id = $1 AND version = 4',
  ],
  [
    'I9',
    'a hold event has another attempt',
    'UPDATE account_changes SET attempt = 7 WHERE account_id = $1 AND version = 4',
  ],
  ['I9', 'more was captured', 'UPDATE entries SET captured = 91 WHERE account_id = $1 AND seq = 8'],
  ['I9', 'more remains of a hold', 'UPDATE entries SET remaining = 1 WHERE account_id = $1 AND seq = 7'],
  ['I9', 'a lot is held', 'UPDATE lots SET held = 79 WHERE account_id = $1 AND lot = 7'],
  ['I10', "the month's use is another", 'UPDATE account_limits SET month_used = 181 WHERE account_id = $1'],
  [
    'I10',
    'the month begins earlier',
    'UPDATE account_limits SET month_from_ms = -3600001 WHERE account_id = $1',
  ],
  [
    'I10',
    'the month ends later',
    'UPDATE account_limits SET month_to_ms = month_to_ms + 1 WHERE account_id = $1',
  ],
  [
    'I11',
    'a hold was to end later',
    'UPDATE account_changes SET expires_at_ms = 172800001 WHERE account_id = $1 AND version = 5',
  ],
];
