-- Mails to be sent: written in the commit of what they tell of, sent afterwards by a job.
CREATE TABLE mails (
  mail_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ledger_id bigint NOT NULL REFERENCES ledgers,
  account_id bigint REFERENCES customers,
  kind text NOT NULL,
  recipient text NOT NULL,
  subject text NOT NULL,
  -- Gone once it is sent: it may hold a link that is as good as a password.
  text_part text,
  html_part text,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz,
  given_up_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  last_error text
);
CREATE INDEX mails_waiting ON mails (mail_id) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX mails_account ON mails (account_id);
CREATE INDEX mails_age ON mails (created_at);
