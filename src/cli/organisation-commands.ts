import { Command } from 'commander';
import { createOrganisation } from '../operations/create-organisation.ts';
import { listOrganisations } from '../operations/list-organisations.ts';
import type { Services } from '../operations/services.ts';
import { showWebhookSecrets } from '../operations/show-webhook-secrets.ts';
import { suspendOrganisation } from '../operations/suspend-organisation.ts';
import { changeOrganisation } from '../operations/update-organisation.ts';
import { type Answer, type JsonOption, table, UsageError } from './answer.ts';
import { collect, readCount } from './arguments.ts';
import { answerWithServices } from './with-services.ts';

interface CreateOptions extends JsonOption {
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly slug?: string;
}

/** `purser organisation create|list|update|suspend|resume`. */
export function organisationCommands(): Command {
  const organisation = new Command('organisation').description(
    'make, list, change, suspend and resume organisations',
  );
  addCreate(organisation);
  organisation
    .command('list')
    .description('list the organisations; the first one is meant wherever none is named')
    .option('--json', 'answer in JSON')
    .action((options: JsonOption) => answerWithServices(options, list));
  addUpdate(organisation);
  addWebhookSecret(organisation);
  addSuspension(organisation, 'suspend', true);
  addSuspension(organisation, 'resume', false);
  return organisation;
}

function addCreate(organisation: Command): void {
  organisation
    .command('create')
    .description('make an organisation with its live ledger and its sandbox')
    .requiredOption('--name <name>', 'name, as people read it')
    .requiredOption('--currency <code>', 'ISO 4217 code, such as EUR; never changes')
    .option('--time-zone <zone>', 'IANA name, such as Europe/Prague; days begin and end there', 'UTC')
    .option('--slug <slug>', 'short name for commands and X-Purser-Ledger (made from the name unless given)')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run purser -- organisation create --name "Corner Gym" --currency CZK --time-zone Europe/Prague',
    )
    .action((options: CreateOptions) =>
      answerWithServices(options, (services) => create(services, options), { mayBeFirst: true }),
    );
}

async function create(services: Services, options: CreateOptions): Promise<Answer> {
  const { organisationId: _, ...made } = await createOrganisation(services, options);
  return { json: made, text: `Organisation ${made.slug} is made.` };
}

async function list(services: Parameters<typeof listOrganisations>[0]) {
  const organisations = await listOrganisations(services);
  const rows = organisations.map(({ slug, name, currency, timeZone, suspendedAt }) => [
    slug,
    name,
    currency,
    timeZone,
    suspendedAt ? `suspended ${suspendedAt.toISOString()}` : 'active',
  ]);
  const text =
    rows.length === 0
      ? 'There is no organisation yet.'
      : table(['SLUG', 'NAME', 'CURRENCY', 'TIME ZONE', 'STATE'], rows);
  const told = organisations.map(({ organisationId: _, ...rest }) => rest);
  return { json: { organisations: told }, text };
}

function addUpdate(organisation: Command): void {
  interface Options extends JsonOption {
    readonly organisation?: string;
    readonly name?: string;
    readonly origin?: readonly string[] | false;
    readonly returnedLifeLeast?: number;
    readonly returnedLifeMost?: number;
  }
  organisation
    .command('update')
    .argument('[slug]', 'the organisation (default: the first one)')
    .description(
      'change the name of an organisation, where return and notification addresses may lead, or how long returned credit lives',
    )
    .option('--organisation <slug>', 'the same as the argument')
    .option('--name <name>', 'name, as people read it')
    .option(
      '--origin <origin>',
      'such as https://shop.example.com; give it again for each, they replace all',
      collect,
    )
    .option('--no-origin', 'no address may lead anywhere')
    .option(
      '--returned-life-least <days>',
      'how long credit lives at least that a refund returns after it has expired (1 at first)',
      readCount,
    )
    .option('--returned-life-most <days>', 'how long it lives at most (30 at first)', readCount)
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run purser -- organisation update --origin https://shop.example.com --origin http://localhost:8080',
    )
    .action((argument: string | undefined, options: Options) => {
      const { name, origin, returnedLifeLeast, returnedLifeMost } = options;
      const origins = origin === false ? [] : origin;
      if ([name, origins, returnedLifeLeast, returnedLifeMost].every((each) => each === undefined)) {
        throw new UsageError('Name at least one thing to change; --help lists them.');
      }
      const named = nameOf(argument, options);
      return answerWithServices(options, async (services) => {
        const { slug, ...changed } = await changeOrganisation(services, {
          ...{ organisation: named, name, origins },
          ...{ returnedLifeLeastDays: returnedLifeLeast, returnedLifeMostDays: returnedLifeMost },
        });
        const { returnedLifeLeastDays, returnedLifeMostDays } = changed;
        const json = {
          ...{ slug, name: changed.name, origins: changed.origins },
          ...{ returnedLifeLeastDays, returnedLifeMostDays },
        };
        const life = `returned credit lives ${returnedLifeLeastDays} to ${returnedLifeMostDays} days`;
        const text = [`Organisation ${slug} (${changed.name})`, life, ...changed.origins].join('\n  ');
        return { json, text };
      });
    });
}

/** @throws UsageError where the argument and the option name two. */
function nameOf(
  argument: string | undefined,
  options: { readonly organisation?: string },
): string | undefined {
  if (argument !== undefined && options.organisation !== undefined && argument !== options.organisation) {
    throw new UsageError('The argument and --organisation name different organisations.');
  }
  return argument ?? options.organisation;
}

function addWebhookSecret(organisation: Command): void {
  interface Options extends JsonOption {
    readonly organisation?: string;
  }
  organisation
    .command('webhook-secret')
    .argument('[slug]', 'the organisation (default: the first one)')
    .description('show by which secrets the news of its orders are signed (Standard Webhooks)')
    .option('--organisation <slug>', 'the same as the argument')
    .option('--json', 'answer in JSON')
    .action((argument: string | undefined, options: Options) =>
      answerWithServices(options, async (services) => {
        const secrets = await showWebhookSecrets(services, nameOf(argument, options));
        return { json: secrets, text: `live     ${secrets.live}\nsandbox  ${secrets.sandbox}` };
      }),
    );
}

function addSuspension(organisation: Command, word: 'suspend' | 'resume', suspended: boolean): void {
  interface Options extends JsonOption {
    readonly organisation?: string;
  }
  organisation
    .command(word)
    .argument('[slug]', 'the organisation (default: the first one)')
    .description(suspended ? 'refuse all its keys, within a second' : 'accept its keys again')
    .option('--organisation <slug>', 'the same as the argument')
    .option('--json', 'answer in JSON')
    .addHelpText('after', `\nExample:\n  $ npm run purser -- organisation ${word} corner-gym`)
    .action((argument: string | undefined, options: Options) => {
      const named = nameOf(argument, options);
      return answerWithServices(options, async (services) => {
        const { slug } = await suspendOrganisation(services, { organisation: named, suspended });
        const text = suspended ? `Organisation ${slug} is suspended.` : `Organisation ${slug} is active.`;
        return { json: { slug, suspended }, text };
      });
    });
}
