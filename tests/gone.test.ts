import { describe, expect, test } from 'vitest';
import { setInstalled } from './support/installed.ts';
import { until } from './support/until.ts';
import { type PlatformName, platformNames } from './support/world.ts';

// Else a copy that is deleted by hand would take its original and the other copies with it.
const here = setInstalled((made) => ({ ...made, bridgesYaml: `${made.bridgesYaml}    options: { deletes: false }\n` }));
const { room, matching } = here;

const others = (platform: PlatformName) => platformNames.filter((other) => other !== platform);

async function deadLetters(): Promise<unknown> {
  const body: unknown = await (await fetch(`${here.bridge.ingress}/status`)).json();
  const queues = typeof body === 'object' && body !== null && 'queues' in body && Array.isArray(body.queues) ? body.queues : [];
  return queues.map((queue: { readonly dead?: unknown }) => queue.dead);
}

describe.each(platformNames)('copies of what was written on %s that people deleted', (source) => {
  const simulator = () => here.world.simulators[source];
  const post = (text: string, more: object = {}) =>
    simulator().post({ room: room(source), author: here.world.people[source], text, ...more });

  test('are left alone by edits and reactions, are answered all the same, and leave no dead letter', async () => {
    const edited = post(`edited ${source}`);
    const liked = post(`liked ${source}`);
    for (const target of others(source)) {
      for (const text of [`edited ${source}`, `liked ${source}`]) {
        await until(() => matching(target, text).length === 1);
        here.world.simulators[target].remove({ room: room(target), message: matching(target, text)[0]?.id ?? '' });
      }
    }
    simulator().edit({ room: room(source), message: edited.id, text: `changed ${source}` });
    simulator().react({ room: room(source), message: liked.id, author: here.world.people[source], emoji: '👍' });
    const replied = post(`replied ${source}`);
    for (const target of others(source)) {
      await until(() => matching(target, `replied ${source}`).length === 1);
      here.world.simulators[target].remove({ room: room(target), message: matching(target, `replied ${source}`)[0]?.id ?? '' });
    }
    post(`answer ${source}`, { replyTo: replied.id });
    // In the line behind all the others.
    for (const target of others(source)) await until(() => matching(target, `answer ${source}`).length === 1);
    for (const target of others(source)) expect(matching(target, `changed ${source}`)).toEqual([]);
    expect(await deadLetters()).toEqual([0, 0, 0, 0]);
  });
});
