import { Command, Option } from 'commander';
import type { ApiKeyKind } from '../ids.ts';
import { createKey } from '../operations/create-key.ts';
import { type KeyListing, listKeys } from '../operations/list-keys.ts';
import { revokeKey } from '../operations/revoke-key.ts';
import { knownScopes, SCOPES } from '../operations/scopes.ts';
import { type Answer, type JsonOption, list, table } from './answer.ts';
import { collectScopes, readCount, readDuration, readEnd } from './arguments.ts';
import { answerWithServices } from './with-services.ts';

interface CreateOptions extends JsonOption {
  readonly kind: ApiKeyKind;
  readonly organisation?: string;
  readonly scope?: string[];
  readonly expires?: Date | string;
  readonly replaces?: string;
  readonly overlap?: number;
  readonly description?: string;
  readonly requestsPerMinute?: number;
}

/** `purser key create|list|revoke`. */
export function keyCommands(): Command {
  const key = new Command('key').description('make, list and revoke API keys');
  addCreate(key);
  key
    .command('list')
    .description('list the API keys, oldest first; a key is told by its first and last four characters')
    .option('--organisation <slug>', 'only its keys (default: all keys, ROOT keys included)')
    .option('--json', 'answer in JSON')
    .action((options: JsonOption & { organisation?: string }) =>
      answerWithServices(options, async (services) => showKeys(await listKeys(services, options))),
    );
  key
    .command('revoke')
    .argument('<id>', 'its ID in "key list", or the key itself')
    .description('deactivate an API key for good, within a second on every process')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- key revoke 3')
    .action((id: string, options: JsonOption) =>
      answerWithServices(options, async (services) => {
        const { apiKeyId, wasDeleted } = await revokeKey(services, { apiKey: id });
        const text = wasDeleted ? `Key ${apiKeyId} was revoked before.` : `Key ${apiKeyId} is revoked.`;
        return { json: { id: apiKeyId, revoked: true }, text };
      }),
    );
  return key;
}

function addCreate(key: Command): void {
  key
    .command('create')
    .description('make an API key; it is shown this one time')
    .addOption(
      new Option('--kind <kind>', 'PROD: live data; DEV: sandbox; ROOT: all, without limits')
        .choices(['PROD', 'DEV', 'ROOT'])
        .makeOptionMandatory(),
    )
    .option('--organisation <slug>', 'whose key it is (default: the first one; none for ROOT)')
    .option(
      '--scope <scopes>',
      'what it may do, separated by commas (default: default,credit-grant)',
      collectScopes,
    )
    .option(
      '--expires <end>',
      'such as 30d, 2030-12-31 (through that day) or an instant (default: 90d)',
      readEnd,
    )
    .option('--replaces <id>', 'ID of the key that the new one takes over from, with its scopes')
    .option('--overlap <time>', 'how long the replaced key still works (default: 7d)', readDuration)
    .option('--requests-per-minute <n>', 'rate limit instead of the setting for its kind', readCount)
    .option('--description <text>', 'what it is for')
    .option('--json', 'answer in JSON: {"apiKey":"..."} and more')
    .addHelpText('after', CREATE_HELP)
    .action((options: CreateOptions) =>
      answerWithServices(options, (services) => create(services, options), { mayBeFirst: true }),
    );
}

const CREATE_HELP = `
Scopes:
  default              ${SCOPES.default.join(', ')}
  to be named          ${SCOPES.mustBeNamed.join(', ')}
  All ${knownScopes().length} can be listed one by one; ROOT keys have all of them.

Examples:
  $ npm run purser -- key create --kind DEV
  $ npm run purser -- key create --kind PROD --scope credit-spend,credit-log --expires 30d
  $ npm run purser -- key create --kind PROD --replaces 3 --overlap 7d`;

async function create(services: Parameters<typeof createKey>[0], options: CreateOptions): Promise<Answer> {
  const { kind, organisation, replaces, description, requestsPerMinute } = options;
  const created = await createKey(services, {
    kind,
    organisation,
    scopes: options.scope,
    expiresAt: options.expires,
    replaces,
    overlapMs: options.overlap,
    description,
    requestsPerMinute,
  });
  const { apiKey, apiKeyId, scopes, expiresAt, replaced } = created;
  const json = {
    apiKey,
    id: apiKeyId,
    kind,
    organisation: created.organisation ?? null,
    scopes,
    expiresAt,
    replaces: replaced ? { id: replaced.apiKeyId, expiresAt: replaced.expiresAt } : null,
  };
  const facts = list([
    ['ID', apiKeyId],
    ['Kind', kind],
    ['Organisation', created.organisation],
    ['Scopes', kind === 'ROOT' ? 'all' : scopes.join(', ')],
    ['Expires', expiresAt.toISOString()],
    ['Replaces', replaced && `${replaced.apiKeyId}, which works until ${replaced.expiresAt.toISOString()}`],
  ]);
  return { json, text: `${apiKey}\n\nKeep it: it is not shown again.\n${facts}` };
}

function showKeys(keys: readonly KeyListing[]): Answer {
  const json = keys.map(({ apiKeyId, organisationSlug, replacesApiKeyId, ...rest }) => ({
    id: apiKeyId,
    organisation: organisationSlug,
    replaces: replacesApiKeyId,
    ...rest,
  }));
  const rows = keys.map((key) => [
    String(key.apiKeyId),
    `${key.firstCharacters}...${key.lastCharacters}`,
    key.organisationSlug ?? '-',
    key.kind === 'ROOT' ? 'all' : key.scopes.join(',') || 'default',
    key.expiresAt.toISOString().slice(0, 10),
    key.state === 'ends-soon' ? 'active, ENDS SOON' : key.state,
    String(key.requests),
    key.description ?? '',
  ]);
  const headings = [
    'ID',
    'KEY',
    'ORGANISATION',
    'SCOPES',
    'EXPIRES',
    'STATE',
    'REQUESTS (90d)',
    'DESCRIPTION',
  ];
  return { json: { keys: json }, text: rows.length === 0 ? 'There is no key yet.' : table(headings, rows) };
}
