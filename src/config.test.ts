import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig, SETTINGS } from './config.ts';

test('without a variable every setting has its standard value, also when variables are empty', () => {
  const standards = Object.entries(SETTINGS).map(([name, setting]) => [name, setting.standard]);
  assert.deepEqual(readConfig({}), Object.fromEntries(standards));
  const empty = Object.values(SETTINGS).map((setting) => [setting.variable, ' ']);
  assert.deepEqual(readConfig(Object.fromEntries(empty)), Object.fromEntries(standards));
});

test('values are read in their types', () => {
  const config = readConfig({
    PORT: '8080',
    HOST: '::',
    DATABASE_URL: 'postgres://purser@db/purser',
    PURSER_BASE_URL: 'https://credit.example.com/',
    NODE_ENV: 'test',
    PURSER_ALLOW_UNSAFE_DATABASE: '1',
  });
  assert.equal(config.port, 8080);
  assert.equal(config.host, '::');
  assert.equal(config.databaseUrl, 'postgres://purser@db/purser');
  assert.equal(config.baseUrl, 'https://credit.example.com');
  assert.equal(config.allowUnsafeDatabase, true);
});

test('every fault is told at once, by the name of its variable and what it takes, without its value', () => {
  const env = { PORT: '70000', DATABASE_URL: 'secret', LOG_LEVEL: 'loud', PURSER_LANES: '1.5' };
  assert.throws(
    () => readConfig(env),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.message.split('\n'), [
        'PORT must be a whole number from 0 to 65535.',
        'DATABASE_URL must be an address that begins with postgres:// or postgresql://.',
        'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.',
        'PURSER_LANES must be a whole number from 1 to 64.',
      ]);
      return true;
    },
  );
});

test('an unsafe database is allowed to tests alone', () => {
  assert.throws(
    () => readConfig({ PURSER_ALLOW_UNSAFE_DATABASE: '1', NODE_ENV: 'production' }),
    /works only with NODE_ENV=test/,
  );
});

test('an SMTP server is taken with an address to send from, and neither is repeated when it is faulty', () => {
  const smtp = {
    PURSER_SMTP_URL: 'smtps://user:p%40ss@mail.example.com',
    PURSER_MAIL_FROM: 'shop@example.com',
  };
  const { smtpUrl, mailFrom } = readConfig(smtp);
  assert.deepEqual({ PURSER_SMTP_URL: smtpUrl, PURSER_MAIL_FROM: mailFrom }, smtp);
  assert.throws(() => readConfig({ PURSER_SMTP_URL: smtp.PURSER_SMTP_URL }), {
    message: 'PURSER_SMTP_URL needs PURSER_MAIL_FROM, the address that mails are sent from.',
  });
  for (const PURSER_SMTP_URL of [
    'smtp://',
    'smtp:mail',
    'http://mail.example.com',
    'smtp://user:p@s:s@mail:x',
  ])
    assert.throws(() => readConfig({ ...smtp, PURSER_SMTP_URL }), {
      message: 'PURSER_SMTP_URL must be an smtp:// or smtps:// address of a server.',
    });
  for (const PURSER_MAIL_FROM of [
    'shop',
    'Shop <shop@example.com>',
    'a@b.com,c@d.com',
    'a@b.com\r\nBcc: c@d.com',
  ])
    assert.throws(() => readConfig({ ...smtp, PURSER_MAIL_FROM }), {
      message: 'PURSER_MAIL_FROM must be an e-mail address.',
    });
});
