-- Mails: written in the commit of what they tell of, sent afterwards by a job.
CREATE TABLE mails (
  mail_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ledger_id bigint NOT NULL REFERENCES ledgers,
  account_id bigint NOT NULL REFERENCES customers,
  kind text NOT NULL,
  -- The organisation's name as it was then.
  sender_name text NOT NULL,
  recipient text NOT NULL,
  subject text NOT NULL,
  -- Gone once it is sent or given up: it may hold a link that is as good as a password.
  text_part text,
  html_part text,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- After this its link is dead, and there is no point in sending it.
  expires_at timestamptz,
  -- Written while there was no SMTP server: it is shown at /dev/mailbox and never sent.
  kept boolean NOT NULL,
  sent_at timestamptz,
  given_up_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  last_error text
);
CREATE INDEX mails_account ON mails (account_id);
CREATE INDEX mails_age ON mails (created_at);
CREATE INDEX mails_kept ON mails (mail_id) WHERE kept;
