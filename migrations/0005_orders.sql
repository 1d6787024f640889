-- Orders of a shop that top up.

-- Numbered per ledger and year of its organisation: 26000001, 26000002...
CREATE TABLE order_numbers (
  ledger_id bigint NOT NULL REFERENCES ledgers,
  year smallint NOT NULL,
  last_number integer NOT NULL,
  PRIMARY KEY (ledger_id, year)
);

-- paying and cancelling: its state is decided, its entries may not all be written yet. Whoever comes next finishes it.
CREATE TABLE orders (
  order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ledger_id bigint NOT NULL REFERENCES ledgers,
  account_id bigint NOT NULL REFERENCES customers,
  order_number text NOT NULL,
  hash text NOT NULL UNIQUE CHECK (hash ~ '^[A-Za-z0-9]{32}$'),
  order_group_id text,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  state text NOT NULL CHECK (state IN ('waiting', 'paying', 'paid', 'cancelling', 'cancelled')),
  -- How often it was tried to pay it. Each try has Idempotency-Keys of its own for its grants, and the next one begins
  -- only once this one was refused for good, so that no latecomer of an old try can grant anything.
  payment integer NOT NULL DEFAULT 1,
  return_url text,
  notification_url text,
  ip inet,
  -- Who did it: 'key:<api_key_id>' or 'cli'.
  author text NOT NULL,
  paid_by text,
  cancelled_by text,
  -- Whether the customer shall owe what was used of the credit when the order was cancelled.
  cancel_debt boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  paid_at timestamptz,
  cancelled_at timestamptz,
  UNIQUE (ledger_id, order_number)
);
CREATE INDEX orders_account ON orders (account_id, order_id);
CREATE INDEX orders_ledger ON orders (ledger_id, order_id);
CREATE INDEX orders_unfinished ON orders (changed_at) WHERE state IN ('paying', 'cancelling');
CREATE INDEX orders_age ON orders USING brin (created_at) WITH (autosummarize = on);

-- Prices and credit of one piece, in millionths.
CREATE TABLE order_items (
  order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
  item smallint NOT NULL,
  label text NOT NULL,
  price bigint NOT NULL CHECK (price >= 0),
  -- Per cent, part of the price.
  vat numeric,
  count integer NOT NULL CHECK (count >= 1),
  credit_amount bigint NOT NULL DEFAULT 0 CHECK (credit_amount >= 0),
  -- The grant that it became.
  transaction_id text,
  PRIMARY KEY (order_id, item)
);

-- First answers of requests with an Idempotency-Key, in the commit of what they changed. One without a status was
-- begun; whoever finishes its order answers it, with the body that is kept here already if it succeeds.
CREATE TABLE order_requests (
  account_id bigint NOT NULL REFERENCES customers,
  key_hash uuid NOT NULL,
  request_hash uuid NOT NULL,
  order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
  operation text NOT NULL CHECK (operation IN ('create', 'mark-paid', 'storno')),
  status smallint,
  body text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key_hash)
);
CREATE INDEX order_requests_order ON order_requests (order_id);

-- Orders too have addresses that are shortened when they are old.
ALTER TABLE shortened_addresses DROP CONSTRAINT shortened_addresses_table_name_check;
ALTER TABLE shortened_addresses ADD CONSTRAINT shortened_addresses_table_name_check
  CHECK (table_name IN ('entries', 'account_changes', 'holds', 'sessions', 'orders'));
