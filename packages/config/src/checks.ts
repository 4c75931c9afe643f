import type { Problem } from './problem.ts';
import type { CommonValues } from './settings.ts';

/** What can only be judged by looking at several common settings at once. */
export function commonProblems(values: Partial<CommonValues>): Problem[] {
  return [...authProblems(values), ...portProblems(values)];
}

function authProblems(values: Partial<CommonValues>): Problem[] {
  if (values.enableAuth !== false || values.nodeEnv !== 'production' || values.allowInsecure !== false) return [];
  return [
    {
      variable: 'ENABLE_AUTH',
      message: 'ENABLE_AUTH=false is refused while NODE_ENV is production: anybody who finds the URL could write into your rooms',
      fix: 'remove ENABLE_AUTH, or set NODE_ENV=development, or set ALLOW_INSECURE=true if you accept that',
    },
  ];
}

function portProblems(values: Partial<CommonValues>): Problem[] {
  const ports: readonly (readonly [string, number | undefined])[] = [
    ['PORT', values.port],
    ['CONSOLE_PORT', values.consolePort],
    ['METRICS_PORT', values.metricsPort],
    ['SANDBOX_PORT', values.sandboxPort],
  ];
  const taken = new Map<number, string>();
  const problems: Problem[] = [];
  for (const [variable, port] of ports) {
    // 0 asks the system for any free port, so two of them do not clash.
    if (port === undefined || port === 0) continue;
    const other = taken.get(port);
    if (other === undefined) taken.set(port, variable);
    else problems.push({ variable, message: `${variable} and ${other} are both ${port}`, fix: `give ${variable} a port of its own` });
  }
  return problems;
}

/** What is allowed but probably not meant. */
export function commonWarnings(values: Partial<CommonValues>): Problem[] {
  const warnings: Problem[] = [];
  if (values.enableAuth === false) {
    warnings.push({
      variable: 'ENABLE_AUTH',
      message: 'webhooks are taken unsigned, since ENABLE_AUTH is false',
      fix: 'remove ENABLE_AUTH as soon as you no longer need that',
    });
  }
  if (values.jwtSecret !== undefined && values.jwtSecret.length < 32) {
    warnings.push({
      variable: 'JWT_SECRET',
      message: 'JWT_SECRET is shorter than 32 characters',
      fix: 'use a longer random one; `npx bridge init` makes one up in an empty folder',
    });
  }
  if (values.consolePassword !== undefined && values.consolePassword.length < 10) {
    warnings.push({
      variable: 'CONSOLE_PASSWORD',
      message: 'CONSOLE_PASSWORD is shorter than 10 characters',
      fix: 'use a longer one; `npx bridge init` makes one up in an empty folder',
    });
  }
  return warnings;
}
