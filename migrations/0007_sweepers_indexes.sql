-- What the sweeper looks for goes by time alone. Its indexes must never serve a look-up by account: "the first of this
-- account by time" would walk through everybody's lots or holds until it meets one of the account, and PostgreSQL
-- chooses that when its statistics are from a moment with few of them. So their predicates say one thing more, which is true of
-- every row and which only the sweeper's statements say too.
DROP INDEX lots_due;
CREATE INDEX lots_due ON lots (expires_at_ms) INCLUDE (account_id)
  WHERE remaining > held AND expires_at_ms IS NOT NULL AND amount > 0;
DROP INDEX holds_due;
CREATE INDEX holds_due ON holds (expires_at_ms) INCLUDE (account_id) WHERE ended_at_ms IS NULL AND ended_by IS NULL;
