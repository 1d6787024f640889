-- What applications need to move their users' accounts here: profiles, passwords, registrations.

-- Where return and notification addresses may lead, such as https://shop.example.com.
ALTER TABLE organisations ADD COLUMN origins text[] NOT NULL DEFAULT '{}';

ALTER TABLE customers
  ADD COLUMN name text,
  ADD COLUMN company_registration_number text,
  ADD COLUMN tax_identification_number text,
  ADD COLUMN street_address text,
  ADD COLUMN city text,
  ADD COLUMN city_part text,
  ADD COLUMN state_region text,
  ADD COLUMN postal_code text,
  ADD COLUMN country text,
  ADD COLUMN newsletter boolean NOT NULL DEFAULT false,
  ADD COLUMN primary_locale text,
  -- Names of groups; their slugs follow from the names.
  ADD COLUMN groups text[] NOT NULL DEFAULT '{}',
  -- The customer of the same ledger who may see this one's detail.
  ADD COLUMN managed_by_account_id bigint CHECK (managed_by_account_id <> account_id),
  -- When it was shown that the address is the customer's: by a link in a mail, or by a backend that logged it in.
  ADD COLUMN email_confirmed_at timestamptz,
  -- When the personal data were erased; the e-mail address is then a placeholder.
  ADD COLUMN erased_at timestamptz;
-- Until now only a backend that had authenticated the person itself could open a session.
UPDATE customers c SET email_confirmed_at = s.first_at
FROM (SELECT account_id, min(created_at) AS first_at FROM sessions GROUP BY account_id) s
WHERE s.account_id = c.account_id;
-- The list of contacts, the newest first.
CREATE INDEX customers_listed ON customers (ledger_id, created_at, account_id) WHERE erased_at IS NULL;
CREATE INDEX customers_managed ON customers (managed_by_account_id) WHERE managed_by_account_id IS NOT NULL;

-- Every password that a customer has had, as argon2id; one of them counts.
CREATE TABLE passwords (
  password_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES customers,
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  set_at timestamptz NOT NULL DEFAULT now(),
  replaced_at timestamptz
);
CREATE UNIQUE INDEX passwords_present ON passwords (account_id) WHERE replaced_at IS NULL;
CREATE INDEX passwords_account ON passwords (account_id, password_id);

-- Registrations whose link was not used yet. A customer may have several, each with what was given in it: only the
-- link in its own mail makes that count.
CREATE TABLE registrations (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  account_id bigint NOT NULL REFERENCES customers,
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  profile jsonb NOT NULL,
  referral_account_id bigint,
  return_url text,
  requested_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX registrations_account ON registrations (account_id, requested_at);
CREATE INDEX registrations_age ON registrations (expires_at);

-- Links by which a new password can be set, once each. Used ones are deleted, expired ones some time later, so that
-- the two can be told apart.
CREATE TABLE password_resets (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  account_id bigint NOT NULL REFERENCES customers,
  requested_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX password_resets_account ON password_resets (account_id, requested_at);
CREATE INDEX password_resets_age ON password_resets (expires_at);

-- Attempts that failed or that may not come too often, by what they are counted for. Not logged: after a crash of
-- PostgreSQL the counts begin anew, and 1,000 guesses cost the disk nothing.
CREATE UNLOGGED TABLE attempts (
  -- Bytewise, so that what lies below a subject is found by its beginning.
  subject text COLLATE "C" PRIMARY KEY,
  count integer NOT NULL,
  last_at timestamptz NOT NULL
);
CREATE INDEX attempts_age ON attempts (last_at);
