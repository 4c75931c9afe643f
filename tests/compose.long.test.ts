import { describe, expect, it } from 'vitest';
import { lastingServices, minutes, setStack } from './support/compose.ts';
import { underLoad } from './support/sandbox-ledger.ts';

/** Minutes, so not part of `npm test`: `npm run test:long` runs it. */
describe('the stack of docker-compose.yml', () => {
  const { stack, ledger } = setStack();

  it(
    'loses nothing and keeps the order while it is scaled and brought to another version',
    async () => {
      const scaled = ['--scale', 'router=3', '--scale', 'sender-telegram=2'];
      // All but the simulated platforms, which would forget what was said.
      const replaced = lastingServices.filter((service) => service !== 'redis');
      await underLoad(ledger(), async () => {
        await stack().compose('up', '--detach', '--no-build', ...scaled);
        expect(await stack().containers('router')).toHaveLength(3);
        await stack().build('0.0.2');
        await stack().compose('up', '--detach', '--no-build', '--no-deps', ...scaled, ...replaced);
        await stack().healthy();
        for (const service of replaced) expect(new Set(await stack().versions(service)), service).toEqual(new Set(['0.0.2']));
        expect(await stack().versions('router')).toHaveLength(3);
        await stack().compose('up', '--detach', '--no-build', '--no-deps', '--scale', 'router=1', 'router');
        expect(await stack().containers('router')).toHaveLength(1);
      });
      expect(ledger().duplicated()).toEqual([]);
    },
    minutes(10),
  );
});
