import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, createStack, skipComposeTests } from './support/compose.ts';
import { type SandboxLedger, underLoad, watchSandbox } from './support/sandbox-ledger.ts';
import { until } from './support/until.ts';

/** All that can be killed without the platforms forgetting what was said. */
const services = ['redis', 'ingress', 'gateway', 'router', 'console', 'sender-cometchat', 'sender-discord', 'sender-telegram'];
const minutes = (count: number) => count * 60_000;

describe.skipIf(skipComposeTests)('the stack of docker-compose.yml', () => {
  let stack: Stack;
  let ledger: SandboxLedger;

  beforeAll(async () => {
    stack = await createStack();
    await stack.build('0.0.1');
    await stack.compose('up', '--detach', '--no-build');
    await stack.healthy();
    ledger = watchSandbox(stack.page);
  }, minutes(10));

  afterAll(async () => {
    ledger?.close();
    await stack?.down();
  }, minutes(3));

  it(
    'carries messages without any configuration, and runs nothing as root',
    async () => {
      await underLoad(ledger, () => until(() => ledger.missing().length > 1));
      const users = await Promise.all(services.map((service) => stack.compose('exec', '-T', service, 'id', '-u')));
      expect(users.map((user) => user.trim())).toEqual(services.map(() => '1000'));
      expect(ledger.duplicated()).toEqual([]);
    },
    minutes(5),
  );

  it(
    'heals by itself when each container is killed, Redis too',
    async () => {
      await underLoad(ledger, async () => {
        for (const service of services) {
          for (const container of await stack.containers(service)) await stack.kill9(container);
          await stack.healthy();
        }
      });
    },
    minutes(10),
  );
});
