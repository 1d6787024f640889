-- The first schema. Two halves: the directory (organisations, keys, customers, sessions), looked up by its
-- own keys, and the money tables (accounts, lots, debts, entries, account_changes, refused_requests), whose
-- every key begins with the account so that they can be hash-distributed by it (docs/decisions/0003).
-- No foreign key crosses between the halves. Credit and money are millionths (bigint); instants of the money
-- tables are Unix milliseconds of the ledger's clock (bigint, *_ms), those of the directory are timestamptz.

-- Values of this installation that must never change, such as the key that scrambles transaction ids.
CREATE TABLE installation_values (
  name text PRIMARY KEY,
  value bytea NOT NULL
);

CREATE TABLE organisations (
  organisation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  time_zone text NOT NULL DEFAULT 'UTC',
  suspended_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ledgers (
  ledger_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL REFERENCES organisations,
  kind text NOT NULL CHECK (kind IN ('live', 'sandbox')),
  UNIQUE (organisation_id, kind)
);

-- One row. Every change of a key or of an organisation's suspension takes the next revision while holding this
-- row's lock, so revisions become visible in their order and a poll for "all above the last one" misses none.
CREATE TABLE api_key_revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL
);
INSERT INTO api_key_revision (revision) VALUES (0);

CREATE TABLE api_keys (
  api_key_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
  kind text NOT NULL CHECK (kind IN ('PROD', 'DEV', 'ROOT')),
  -- A ROOT key belongs to no organisation.
  organisation_id bigint REFERENCES organisations CHECK ((organisation_id IS NULL) = (kind = 'ROOT')),
  first_characters text NOT NULL CHECK (length(first_characters) = 4),
  last_characters text NOT NULL CHECK (length(last_characters) = 4),
  -- Empty means default: every endpoint except those that must be named.
  scopes text[] NOT NULL DEFAULT '{}',
  description text,
  requests_per_minute integer CHECK (requests_per_minute > 0),
  replaces_api_key_id bigint REFERENCES api_keys,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  deleted_at timestamptz,
  revision bigint NOT NULL
);
CREATE INDEX api_keys_revision ON api_keys (revision);

CREATE TABLE api_key_usage (
  api_key_id bigint NOT NULL REFERENCES api_keys,
  day date NOT NULL,
  requests bigint NOT NULL,
  PRIMARY KEY (api_key_id, day)
);

-- A customer and its account share one number, unique over all ledgers.
CREATE TABLE customers (
  account_id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 68719476735) PRIMARY KEY,
  ledger_id bigint NOT NULL REFERENCES ledgers,
  cu_ref_no text NOT NULL UNIQUE CHECK (cu_ref_no ~ '^[A-Za-z0-9]{16}$'),
  email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  phone text,
  first_name text,
  last_name text,
  company_name text,
  premium boolean NOT NULL DEFAULT false,
  meta jsonb NOT NULL DEFAULT '{}',
  referral_account_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (ledger_id, email)
);

CREATE TABLE sessions (
  session_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  identity_hash bytea NOT NULL UNIQUE CHECK (length(identity_hash) = 32),
  account_id bigint NOT NULL,
  ledger_id bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_from inet,
  last_used_at timestamptz NOT NULL DEFAULT now(),
  -- Three months from the last use; every use moves it, noted at most once a day.
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX sessions_account ON sessions (account_id);

-- The money tables -----------------------------------------------------------------------------------------

-- cursor_* caches the open lot that burns first: a spend that leaves something in it writes this row and its
-- entry, nothing else. While a lot is the cursor its own row's remaining and remaining_money are stale; the
-- view current_lots shows what is true. The table has no further index and room on each page, so that its
-- updates stay heap-only.
CREATE TABLE accounts (
  account_id bigint PRIMARY KEY,
  ledger_id bigint NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  last_seq integer NOT NULL DEFAULT 0,
  last_at_ms bigint NOT NULL DEFAULT 0,
  balance bigint NOT NULL DEFAULT 0 CHECK (balance BETWEEN -6000000000000000 AND 6000000000000000),
  balance_money bigint NOT NULL DEFAULT 0
    CHECK (balance_money BETWEEN -6000000000000000 AND 6000000000000000),
  held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
  debt bigint NOT NULL DEFAULT 0 CHECK (debt BETWEEN 0 AND 6000000000000000),
  debt_limit bigint NOT NULL DEFAULT 0 CHECK (debt_limit >= 0),
  banned boolean NOT NULL DEFAULT false,
  last_lot integer NOT NULL DEFAULT 0,
  -- The earliest instant at which anything open falls due.
  next_due_ms bigint,
  cursor_lot integer,
  cursor_priority smallint,
  cursor_expires_at_ms bigint,
  cursor_remaining bigint CHECK (cursor_remaining > 0),
  cursor_money bigint,
  cursor_held bigint,
  CHECK ((cursor_lot IS NULL) = (cursor_remaining IS NULL))
) WITH (fillfactor = 50);

-- What one grant, positive adjustment or refund slice brought. Lots are numbered 1, 2, 3... per account in the
-- order of the entries that opened them, so "by lot" is the last part of the burn order.
CREATE TABLE lots (
  account_id bigint NOT NULL,
  lot integer NOT NULL,
  opened_by_seq integer NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  money bigint NOT NULL CHECK (money >= 0),
  priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 100),
  expires_at_ms bigint,
  remaining bigint NOT NULL,
  remaining_money bigint NOT NULL CHECK (remaining_money BETWEEN 0 AND money),
  -- Pinned by open holds.
  held bigint NOT NULL DEFAULT 0,
  written_off bigint NOT NULL DEFAULT 0 CHECK (written_off >= 0),
  written_off_at_ms bigint,
  PRIMARY KEY (account_id, lot),
  CHECK (held >= 0 AND held <= remaining AND remaining <= amount),
  CHECK (remaining > 0 OR remaining_money = 0)
);
CREATE INDEX lots_burn_order ON lots (account_id, priority, expires_at_ms, lot) WHERE remaining > held;
CREATE INDEX lots_due_order ON lots (account_id, expires_at_ms, priority, lot)
  WHERE remaining > held AND expires_at_ms IS NOT NULL;
-- For the sweeper, the one look-up that goes by time alone.
CREATE INDEX lots_due ON lots (expires_at_ms) INCLUDE (account_id)
  WHERE remaining > held AND expires_at_ms IS NOT NULL;

-- The part of an entry that no free credit covered, while any of it is unpaid or afterwards with open = 0.
CREATE TABLE debts (
  account_id bigint NOT NULL,
  seq integer NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  open bigint NOT NULL CHECK (open BETWEEN 0 AND amount),
  PRIMARY KEY (account_id, seq)
);
CREATE INDEX debts_open ON debts (account_id, seq) WHERE open > 0;

-- One line of an account's history; rows are only ever added. Of a row only description, order_group and ip may
-- later be blanked (erasure). slices is a JSON array of {lot, amount, money, opens?} or {debt, amount, money},
-- debt being the seq of the entry whose debt it is; amounts in millionths, from the account's point of view.
CREATE TABLE entries (
  account_id bigint NOT NULL,
  seq integer NOT NULL,
  version bigint NOT NULL,
  -- Random bits of the attempt that wrote it, part of its public id: an aborted attempt's id finds nothing.
  attempt integer NOT NULL,
  at_ms bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('spend', 'grant', 'expiry', 'settlement', 'adjustment')),
  amount bigint NOT NULL,
  amount_money bigint NOT NULL,
  balance bigint NOT NULL,
  balance_money bigint NOT NULL,
  -- In force after this entry.
  held bigint NOT NULL,
  debt_limit bigint NOT NULL,
  slices jsonb NOT NULL,
  description text,
  order_number text,
  order_hash text,
  order_group text,
  -- Who did it: 'key:<api_key_id>', 'cli', 'system' (what falls due).
  author text NOT NULL,
  ip inet,
  -- 128 bits each: the Idempotency-Key, and the request it came with.
  key_hash uuid,
  request_hash uuid,
  PRIMARY KEY (account_id, seq),
  CHECK ((key_hash IS NULL) = (request_hash IS NULL))
);
CREATE UNIQUE INDEX entries_by_key ON entries (account_id, key_hash) WHERE key_hash IS NOT NULL;

-- Changes of an account that are no entries: its debt limit, its ban. Each takes a version.
CREATE TABLE account_changes (
  account_id bigint NOT NULL,
  version bigint NOT NULL,
  at_ms bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('debt-limit', 'ban', 'unban')),
  debt_limit bigint NOT NULL,
  reason text,
  author text NOT NULL,
  PRIMARY KEY (account_id, version)
);

-- Decided refusals of requests with an Idempotency-Key, replayed for at least 35 days.
CREATE TABLE refused_requests (
  account_id bigint NOT NULL,
  key_hash uuid NOT NULL,
  request_hash uuid NOT NULL,
  status smallint NOT NULL,
  body text NOT NULL,
  refused_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, key_hash)
);
CREATE INDEX refused_requests_age ON refused_requests (refused_at);

-- Lots as they are: the cursor's true figures laid over its stale row.
CREATE VIEW current_lots AS
SELECT l.account_id, l.lot, l.opened_by_seq, l.amount, l.money, l.priority, l.expires_at_ms,
  CASE WHEN a.cursor_lot = l.lot THEN a.cursor_remaining ELSE l.remaining END AS remaining,
  CASE WHEN a.cursor_lot = l.lot THEN a.cursor_money ELSE l.remaining_money END AS remaining_money,
  CASE WHEN a.cursor_lot = l.lot THEN a.cursor_held ELSE l.held END AS held,
  l.written_off, l.written_off_at_ms
FROM lots l JOIN accounts a ON a.account_id = l.account_id;
