-- What the sweeper looks for goes by time alone. Its indexes must never serve a look-up by account: "the first of this
-- account by time" would walk through everybody's lots or holds until it meets one of the account, and PostgreSQL
-- chooses that when its statistics are from a moment with few of them. So their predicates say one thing more, which is true of
-- every row and which only the sweeper's statements say too. Nobody waits while they are built, but for the moment of the swap.
CREATE INDEX lots_due_by_time ON lots (expires_at_ms) INCLUDE (account_id)
  WHERE remaining > held AND expires_at_ms IS NOT NULL AND amount > 0;
CREATE INDEX holds_due_by_time ON holds (expires_at_ms) INCLUDE (account_id)
  WHERE ended_at_ms IS NULL AND ended_by IS NULL;
DROP INDEX lots_due, holds_due;
ALTER INDEX lots_due_by_time RENAME TO lots_due;
ALTER INDEX holds_due_by_time RENAME TO holds_due;
