import { Command } from 'commander';
import type { Services } from '../operations/services.ts';
import { type Finding, type Verification, verifyLedgers } from '../operations/verify-ledger.ts';
import type { Answer, JsonOption } from './answer.ts';
import { answerWithServices } from './with-services.ts';

/** `purser verify`. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('check every account against the rules of credit, live; exit code 1 where one is broken')
    .option('--json', 'answer in JSON')
    .action((options: JsonOption) => answerWithServices(options, (services) => verify(services, options)));
}

async function verify(services: Services, options: JsonOption): Promise<Answer> {
  const findings: Finding[] = [];
  const result = await verifyLedgers(services, {
    onFinding(finding) {
      // A person sees each finding at once; a program gets one JSON value at the end.
      if (options.json) findings.push(finding);
      else process.stdout.write(`${lineOf(finding)}\n`);
    },
  });
  const { accounts, entries, due } = result;
  const json = { success: result.findings === 0, accounts, entries, findings, due };
  return { json, text: summaryOf(result), exitCode: result.findings === 0 ? 0 : 1 };
}

function lineOf({ invariant, ledger, cuRefNo, accountId, text }: Finding): string {
  return `${invariant} ${ledger ?? 'no ledger'} ${cuRefNo ?? 'no customer'} (account ${accountId}): ${text}`;
}

function summaryOf({ accounts, entries, findings, due }: Verification): string {
  const checked = `Accounts checked: ${accounts}, entries: ${entries}.`;
  const found = findings === 0 ? 'Everything is right.' : `Findings: ${findings}.`;
  const oldest = due.oldest === undefined ? '' : `, the oldest since ${due.oldest}`;
  return `${checked} ${found}\nDue and not booked yet: ${due.count} lots and holds${oldest} (no fault).`;
}
