-- What is known of customers' addresses (docs/ip.md).

-- One row an address and day, written after the commit of the spend, by a job. Once it is older than the setting,
-- the address is a network (/24, /48) and the context what all addresses of that network and day had in common.
CREATE TABLE ip_contexts (
  ip inet NOT NULL,
  day date NOT NULL,
  context jsonb NOT NULL,
  PRIMARY KEY (ip, day)
);
CREATE INDEX ip_contexts_day ON ip_contexts (day) WHERE masklen(ip) IN (32, 128);

-- Up to where the addresses of each table are shortened, Unix milliseconds.
CREATE TABLE shortened_addresses (
  table_name text PRIMARY KEY CHECK (table_name IN ('entries', 'account_changes', 'holds', 'sessions')),
  until_ms bigint NOT NULL
);

-- Rows come in the order of time, so a few bytes for each megabyte find the old ones, and a spend pays nothing that
-- can be measured for it. Not unique and of no account: only housekeeping looks here.
CREATE INDEX entries_age ON entries USING brin (at_ms) WITH (autosummarize = on);
CREATE INDEX account_changes_age ON account_changes USING brin (at_ms) WITH (autosummarize = on);
CREATE INDEX holds_age ON holds USING brin (created_at_ms) WITH (autosummarize = on);
CREATE INDEX sessions_age ON sessions USING brin (created_at) WITH (autosummarize = on);
