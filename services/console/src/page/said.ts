import { element } from './dom.ts';

/** A sentence with what is to be typed, between backticks, set apart. */
export function said(text: string): (Node | string)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? element('code', {}, [part]) : part));
}
