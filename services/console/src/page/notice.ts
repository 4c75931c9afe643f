import { byId } from './dom.ts';

const shownMs = 8_000;

/** Shows one sentence at the bottom for a while; screen readers read it out. */
export function tell(sentence: string): void {
  const notice = byId('notice');
  notice.textContent = sentence;
  setTimeout(() => {
    if (notice.textContent === sentence) notice.textContent = '';
  }, shownMs);
}
