import { get } from './api.ts';
import { byId, element } from './dom.ts';

/** The effective configuration, as `bridge config` prints it. */
export function createConfiguration() {
  return {
    opened: async () => {
      const answer = await get<{ readonly lines: readonly string[] }>('/api/configuration');
      if (answer !== undefined)
        byId('settings').replaceChildren(element('pre', { tabindex: '0', 'aria-label': 'Settings' }, [answer.lines.join('\n')]));
    },
  };
}
