import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, createStack } from './support/compose.ts';
import { type SandboxLedger, underLoad, watchSandbox } from './support/sandbox-ledger.ts';

/** All that can be killed without the platforms forgetting what was said. */
const services = ['redis', 'ingress', 'gateway', 'router', 'sender-cometchat', 'sender-discord', 'sender-telegram'];
const minutes = (count: number) => count * 60_000;

/** Minutes, so not part of `npm test`: `npm run test:long` runs it. */
describe('the stack of docker-compose.yml', () => {
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
    'loses nothing while it is scaled and brought to another version',
    async () => {
      const scaled = ['--scale', 'router=3', '--scale', 'sender-telegram=2'];
      await underLoad(ledger, async () => {
        await stack.compose('up', '--detach', '--no-build', ...scaled);
        expect(await stack.containers('router')).toHaveLength(3);
        await stack.build('0.0.2');
        // All but the simulated platforms, which would forget what was said.
        await stack.compose('up', '--detach', '--no-build', '--no-deps', ...scaled, ...services.filter((service) => service !== 'redis'));
        await stack.healthy();
        expect(await stack.versions('router')).toEqual(['0.0.2', '0.0.2', '0.0.2']);
        await stack.compose('up', '--detach', '--no-build', '--no-deps', '--scale', 'router=1', 'router');
        expect(await stack.containers('router')).toHaveLength(1);
      });
    },
    minutes(10),
  );
});
