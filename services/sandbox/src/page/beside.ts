import type { FileView, MessageView } from '../protocol.ts';
import { element } from './dom.ts';
import { paperclip } from './icons.ts';
import { short } from './words.ts';

/** What stands before a message's text: the thread it is in, and what it answers. */
export function above({ replyTo, thread }: MessageView): HTMLElement[] {
  if (replyTo === undefined) return thread === undefined ? [] : [element('div', { class: 'quote' }, ['in a thread'])];
  const where = thread === undefined ? '↪ ' : 'in a thread ↪ ';
  return [element('div', { class: 'quote' }, [where, element('b', {}, [replyTo.author]), ` ${short(replyTo.text, 60)}`])];
}

/** What stands behind it: its files, and people's reactions. */
export function below({ files = [], reactions = [] }: MessageView): HTMLElement[] {
  const shown = files.map(fileNode);
  const counts = reactions.map(({ emoji, count }) =>
    element('li', { 'aria-label': `${emoji} ${count}` }, [emoji, ...(count > 1 ? [` ${count}`] : [])]),
  );
  return [
    ...(shown.length === 0 ? [] : [element('div', { class: 'files' }, shown)]),
    ...(counts.length === 0 ? [] : [element('ul', { class: 'reactions' }, counts)]),
  ];
}

function fileNode({ kind, name, size, url }: FileView): HTMLElement {
  if (kind === 'image' && url !== undefined) return element('img', { src: url, alt: name, loading: 'lazy' });
  const label = [paperclip(), ` ${name} (${size < 1_000 ? `${size} B` : `${Math.round(size / 1_000)} kB`})`];
  return url === undefined ? element('span', {}, label) : element('a', { href: url, target: '_blank', rel: 'noreferrer' }, label);
}
