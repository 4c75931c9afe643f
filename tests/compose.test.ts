import { describe, expect, it } from 'vitest';
import { lastingServices, minutes, setStack, skipComposeTests } from './support/compose.ts';
import { underLoad } from './support/sandbox-ledger.ts';
import { until } from './support/until.ts';

describe.skipIf(skipComposeTests)('the stack of docker-compose.yml', () => {
  const { stack, ledger } = setStack();

  it(
    'carries messages without any configuration, and runs nothing as root',
    async () => {
      await underLoad(ledger(), () => until(() => ledger().missing().length > 1));
      const users = await Promise.all(lastingServices.map((service) => stack().compose('exec', '-T', service, 'id', '-u')));
      expect(users.map((user) => user.trim())).toEqual(lastingServices.map(() => '1000'));
      expect(ledger().duplicated()).toEqual([]);
    },
    minutes(5),
  );

  it('is small: at most 250 MB above its base', async () => {
    const megabytes = (await stack().ownBytes()) / 1e6;
    expect(megabytes).toBeLessThan(250);
    // Something was counted.
    expect(megabytes).toBeGreaterThan(10);
  });

  it(
    'heals by itself when each container is killed, Redis too',
    async () => {
      await underLoad(ledger(), async () => {
        for (const service of lastingServices) {
          for (const container of await stack().containers(service)) await stack().kill9(container);
          await stack().healthy();
        }
      });
    },
    minutes(10),
  );
});
