import { platformId } from '@bridge/core';
import { expect, test, vi } from 'vitest';
import { createReporter } from './reporter.ts';

const discord = platformId('discord');

test('the last state of each connection is known until this process holds it no longer', () => {
  const reporter = createReporter(() => undefined);
  reporter.report(discord, { state: 'connecting' });
  reporter.report(discord, { state: 'connected', guilds: 2 });
  reporter.report(platformId('telegram'), { state: 'failed', detail: 'wrong token' });
  expect(reporter.sources()).toEqual({ discord: { state: 'connected', guilds: 2 }, telegram: { state: 'failed', detail: 'wrong token' } });
  reporter.report(discord, undefined);
  expect(reporter.sources()).toEqual({ telegram: { state: 'failed', detail: 'wrong token' } });
});

test('only what is new is worth a heartbeat', () => {
  const changed = vi.fn();
  const reporter = createReporter(changed);
  reporter.report(discord, undefined);
  reporter.report(discord, { state: 'connected', guilds: 1 });
  reporter.report(discord, { state: 'connected', guilds: 1 });
  expect(changed).toHaveBeenCalledTimes(1);
  reporter.report(discord, { state: 'connected', guilds: 2 });
  reporter.report(discord, undefined);
  reporter.report(discord, undefined);
  expect(changed).toHaveBeenCalledTimes(3);
});
