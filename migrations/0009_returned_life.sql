-- How long credit lives at least, and at most, that a refund returns to a lot which has expired meanwhile (rule 8).
ALTER TABLE organisations
  ADD COLUMN returned_life_least_days integer NOT NULL DEFAULT 1,
  ADD COLUMN returned_life_most_days integer NOT NULL DEFAULT 30,
  ADD CONSTRAINT organisations_returned_life_check
    CHECK (returned_life_least_days >= 1 AND returned_life_most_days BETWEEN returned_life_least_days AND 3650);
