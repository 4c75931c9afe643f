import type { ChatView } from '../protocol.ts';
import { byId, element } from './dom.ts';
import type { Pane } from './pane.ts';

/** On a narrow screen one chat is shown at a time; the others tell how much is new in them. */
export interface Tabs {
  reset(chats: readonly ChatView[], panes: ReadonlyMap<string, Pane>): void;
  /** A message came into this chat. */
  came(platform: string): void;
}

export function createTabs(): Tabs {
  let panes: ReadonlyMap<string, Pane> = new Map();
  let chosen: string | undefined;
  const unseen = new Map<string, number>();
  const draw = () => {
    for (const button of byId('tabs').querySelectorAll('button')) {
      const platform = button.dataset['platform'] ?? '';
      const count = unseen.get(platform) ?? 0;
      button.setAttribute('aria-pressed', String(platform === chosen));
      button
        .querySelector('.count')
        ?.replaceChildren(...(count === 0 ? [] : [String(count), element('span', { class: 'visually-hidden' }, [' new'])]));
    }
    for (const [platform, pane] of panes) pane.node.dataset['chosen'] = String(platform === chosen);
  };
  const choose = (platform: string | undefined) => {
    chosen = platform;
    unseen.delete(platform ?? '');
    draw();
  };
  return {
    reset: (chats, next) => {
      panes = next;
      byId('tabs').replaceChildren(...chats.map((chat) => tab(chat, choose)));
      choose(chosen !== undefined && panes.has(chosen) ? chosen : chats[0]?.platform);
    },
    came: (platform) => {
      if (panes.get(platform)?.node.checkVisibility() !== false) unseen.delete(platform);
      else unseen.set(platform, (unseen.get(platform) ?? 0) + 1);
      draw();
    },
  };
}

function tab(chat: ChatView, choose: (platform: string) => void): HTMLElement {
  const button = element('button', { type: 'button', 'data-platform': chat.platform }, [chat.name, element('span', { class: 'count' })]);
  button.addEventListener('click', () => choose(chat.platform));
  return button;
}
