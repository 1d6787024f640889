-- Holds, refunds, limits, events and the sandbox's clock (docs/ledger.md).

-- What a sandbox's clock is ahead of the database's; live ledgers live in real time.
ALTER TABLE ledgers ADD COLUMN clock_offset_ms bigint NOT NULL DEFAULT 0
  CHECK (clock_offset_ms >= 0 AND (kind = 'sandbox' OR clock_offset_ms = 0));

-- What is captured within a hold is not judged by the greatest total (rule 12), so debts may go beyond it by as much.
ALTER TABLE accounts
  DROP CONSTRAINT accounts_balance_check,
  DROP CONSTRAINT accounts_debt_check,
  ADD CONSTRAINT accounts_balance_check CHECK (balance BETWEEN -8000000000000000 AND 8000000000000000),
  ADD CONSTRAINT accounts_debt_check CHECK (debt BETWEEN 0 AND 8000000000000000),
  ADD COLUMN last_hold integer NOT NULL DEFAULT 0,
  -- The earliest end of an open hold.
  ADD COLUMN hold_due_ms bigint;

-- Limits of the accounts that have any, and the use of the month they are judged by. Written only under the lock
-- of the account's row.
CREATE TABLE account_limits (
  account_id bigint PRIMARY KEY,
  -- A month; 0 is off.
  soft_limit bigint NOT NULL DEFAULT 0 CHECK (soft_limit BETWEEN 0 AND 6000000000000000),
  hard_limit bigint NOT NULL DEFAULT 0 CHECK (hard_limit BETWEEN 0 AND 6000000000000000),
  -- An event is written when the balance falls below it.
  low_balance bigint,
  -- The month, in the organisation's time zone, that month_used and soft_noted are about.
  month_from_ms bigint NOT NULL,
  month_to_ms bigint NOT NULL CHECK (month_to_ms > month_from_ms),
  -- Spends and captures booked in the month less what was refunded of those; what holds reserve comes on top.
  month_used bigint NOT NULL CHECK (month_used >= 0),
  soft_noted boolean NOT NULL DEFAULT false
);

-- Credit set aside for jobs that are running, numbered 1, 2, 3... per account. Open while ended_at_ms is null.
CREATE TABLE holds (
  account_id bigint NOT NULL,
  hold integer NOT NULL,
  -- Random bits of the attempt that wrote it, part of its public id.
  attempt integer NOT NULL,
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  -- What it reserves now: its pins and what only the debt limit covers.
  reserved bigint NOT NULL CHECK (reserved >= 0),
  unpinned bigint NOT NULL CHECK (unpinned BETWEEN 0 AND reserved),
  -- By all captures.
  captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),
  -- JSON array of {lot, amount}, one a lot.
  pins jsonb NOT NULL,
  description text,
  ip inet,
  ended_by text CHECK (ended_by IN ('captured', 'released', 'expired')),
  ended_at_ms bigint,
  PRIMARY KEY (account_id, hold),
  CHECK ((ended_by IS NULL) = (ended_at_ms IS NULL)),
  CHECK ((ended_by IS NULL) = (reserved > 0))
) WITH (fillfactor = 70);
CREATE INDEX holds_open ON holds (account_id, expires_at_ms) INCLUDE (hold) WHERE ended_at_ms IS NULL;
-- For the sweeper.
CREATE INDEX holds_due ON holds (expires_at_ms) INCLUDE (account_id) WHERE ended_at_ms IS NULL;

-- Lots that a hold has pinned whole are not among those with free credit.
CREATE INDEX lots_pinned ON lots (account_id, lot) WHERE held > 0;
-- Whether an event has told that it expires soon.
ALTER TABLE lots ADD COLUMN expiry_noted boolean NOT NULL DEFAULT false;
CREATE INDEX lots_to_note ON lots (expires_at_ms) INCLUDE (account_id)
  WHERE remaining > held AND expires_at_ms IS NOT NULL AND NOT expiry_noted;

DROP VIEW current_lots;
CREATE VIEW current_lots AS
SELECT l.account_id, l.lot, l.opened_by_seq, l.amount, l.money, l.priority, l.expires_at_ms,
  CASE WHEN a.cursor_lot = l.lot THEN a.cursor_remaining ELSE l.remaining END AS remaining,
  CASE WHEN a.cursor_lot = l.lot THEN a.cursor_money ELSE l.remaining_money END AS remaining_money,
  CASE WHEN a.cursor_lot = l.lot THEN a.cursor_held ELSE l.held END AS held,
  l.written_off, l.written_off_at_ms, l.expiry_noted
FROM lots l JOIN accounts a ON a.account_id = l.account_id;

-- A capture names its hold; a refund and a void the entry they undo. A refund's slices name the slice they undo as
-- undoes: {entry, slice}, slice counted from 0. In force after the entry: the monthly limits.
ALTER TABLE entries
  ADD COLUMN hold integer,
  -- By all captures of the hold, and what it reserves after this one.
  ADD COLUMN captured bigint,
  ADD COLUMN remaining bigint,
  ADD COLUMN undoes integer,
  -- What of the undone entry can still be refunded after this one.
  ADD COLUMN refundable bigint,
  ADD COLUMN soft_limit bigint,
  ADD COLUMN hard_limit bigint,
  DROP CONSTRAINT entries_kind_check,
  ADD CONSTRAINT entries_kind_check
    CHECK (kind IN ('spend', 'grant', 'expiry', 'settlement', 'adjustment', 'capture', 'refund')),
  ADD CONSTRAINT entries_hold_check
    CHECK ((kind = 'capture') = (hold IS NOT NULL) AND (hold IS NULL) = (captured IS NULL)
      AND (hold IS NULL) = (remaining IS NULL)),
  ADD CONSTRAINT entries_refund_check CHECK ((kind = 'refund') = (refundable IS NOT NULL)),
  ADD CONSTRAINT entries_undoes_check CHECK (kind <> 'refund' OR undoes IS NOT NULL);
CREATE INDEX entries_undoing ON entries (account_id, undoes) WHERE undoes IS NOT NULL;
CREATE INDEX entries_settling ON entries (account_id, seq) WHERE kind = 'settlement';

-- Hold events are changes too. reserved and expires_at_ms are the hold's after a 'hold' or 'extend', and what it
-- reserved until then of a 'release' or 'hold-expiry'; pins are those it added. balance and held are the account's
-- when the command was done, as answered.
ALTER TABLE account_changes
  ADD COLUMN soft_limit bigint NOT NULL DEFAULT 0,
  ADD COLUMN hard_limit bigint NOT NULL DEFAULT 0,
  ADD COLUMN held bigint NOT NULL DEFAULT 0,
  ADD COLUMN hold integer,
  ADD COLUMN attempt integer,
  ADD COLUMN reserved bigint,
  ADD COLUMN expires_at_ms bigint,
  ADD COLUMN pins jsonb,
  ADD COLUMN balance bigint,
  ADD COLUMN ip inet,
  ADD COLUMN key_hash uuid,
  ADD COLUMN request_hash uuid,
  DROP CONSTRAINT account_changes_kind_check,
  ADD CONSTRAINT account_changes_kind_check
    CHECK (kind IN ('debt-limit', 'ban', 'unban', 'limits', 'hold', 'extend', 'release', 'hold-expiry')),
  ADD CONSTRAINT account_changes_hold_check
    CHECK ((kind IN ('hold', 'extend', 'release', 'hold-expiry')) = (hold IS NOT NULL)
      AND (hold IS NULL) = (reserved IS NULL) AND (hold IS NULL) = (balance IS NULL)),
  ADD CONSTRAINT account_changes_key_check CHECK ((key_hash IS NULL) = (request_hash IS NULL));
CREATE UNIQUE INDEX account_changes_by_key ON account_changes (account_id, key_hash) WHERE key_hash IS NOT NULL;

-- What an operator may want to hear of, once per crossing, written in the commit that crossed; kept 90 days.
CREATE TABLE events (
  account_id bigint NOT NULL,
  event_id bigint GENERATED ALWAYS AS IDENTITY,
  ledger_id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('soft-limit', 'low-balance', 'credit-expiring', 'debt-begun')),
  at_ms bigint NOT NULL,
  -- Figures of the crossing: JSON numbers of credits and ISO instants.
  details jsonb NOT NULL,
  -- Real time, for forgetting.
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (account_id, event_id)
);
CREATE INDEX events_reading ON events (ledger_id, event_id);
CREATE INDEX events_age ON events (written_at);
