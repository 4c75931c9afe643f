import type { Span, SpanStyle } from '../protocol.ts';
import { element } from './dom.ts';

const tags: Readonly<Record<SpanStyle, keyof HTMLElementTagNameMap>> = {
  bold: 'strong',
  italic: 'em',
  underline: 'u',
  strike: 's',
  code: 'code',
  block: 'pre',
  quote: 'blockquote',
  small: 'small',
  heading: 'strong',
  mention: 'span',
  spoiler: 'span',
  link: 'a',
};

/** Formatted text as nodes. Nothing in it becomes markup but what the styles name. */
export function spanNodes(spans: readonly Span[]): (Node | string)[] {
  return spans.map((span) => {
    if (typeof span === 'string') return span;
    const node = element(tags[span.style], { class: span.style }, spanNodes(span.spans));
    if (span.style === 'spoiler') hide(node);
    if (span.href !== undefined && /^https?:\/\//i.test(span.href)) {
      node.setAttribute('href', span.href);
      node.setAttribute('target', '_blank');
      node.setAttribute('rel', 'noopener noreferrer');
    }
    return node;
  });
}

/** A spoiler is read, and read out, only once it was asked for. */
function hide(node: HTMLElement): void {
  node.classList.add('hidden');
  for (const [name, value] of [
    ['role', 'button'],
    ['tabindex', '0'],
    ['aria-label', 'Spoiler, press to show it'],
  ] as const)
    node.setAttribute(name, value);
  const show = (event: Event) => {
    if (!node.classList.contains('hidden')) return;
    event.preventDefault();
    event.stopPropagation();
    node.classList.remove('hidden');
    for (const name of ['role', 'tabindex', 'aria-label']) node.removeAttribute(name);
  };
  node.addEventListener('click', show);
  node.addEventListener('keydown', (event) => (event.key === 'Enter' || event.key === ' ' ? show(event) : undefined));
}
