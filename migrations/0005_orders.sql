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
  return_url text,
  notification_url text,
  ip inet,
  author text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  paid_at timestamptz,
  cancelled_at timestamptz,
  UNIQUE (ledger_id, order_number)
);
CREATE INDEX orders_account ON orders (account_id, order_id);
CREATE INDEX orders_unfinished ON orders (order_id) WHERE state IN ('paying', 'cancelling');

-- Prices and credit of one piece, in millionths.
CREATE TABLE order_items (
  order_id bigint NOT NULL REFERENCES orders,
  item smallint NOT NULL,
  label text NOT NULL,
  price bigint NOT NULL CHECK (price >= 0),
  vat numeric,
  count integer NOT NULL CHECK (count >= 1),
  credit_amount bigint NOT NULL DEFAULT 0 CHECK (credit_amount >= 0),
  PRIMARY KEY (order_id, item)
);

-- First answers of requests with an Idempotency-Key, in the commit of what they changed.
CREATE TABLE order_requests (
  account_id bigint NOT NULL REFERENCES customers,
  key_hash uuid NOT NULL,
  request_hash uuid NOT NULL,
  order_id bigint NOT NULL REFERENCES orders,
  status smallint NOT NULL,
  body text NOT NULL,
  answered_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key_hash)
);
