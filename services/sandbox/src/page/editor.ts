import { element } from './dom.ts';

export interface EditorOptions {
  readonly text: string;
  readonly label: string;
  /** Resolves to whether it was saved. */
  save(text: string): Promise<boolean>;
  close(): void;
}

/** A field to change a text in: Enter saves, Shift+Enter starts a new line, Escape cancels. */
export function editor({ text, label, save, close }: EditorOptions): {
  readonly node: HTMLFormElement;
  readonly field: HTMLTextAreaElement;
} {
  const field = element('textarea', { 'aria-label': label, rows: '1' });
  field.value = text;
  const cancel = element('button', { type: 'button' }, ['Cancel']);
  const node = element('form', { class: 'edit' }, [
    field,
    element('div', {}, [element('button', { type: 'submit', class: 'primary' }, ['Save']), cancel]),
  ]);
  cancel.addEventListener('click', close);
  node.addEventListener('submit', (event) => {
    event.preventDefault();
    if (field.value === text) close();
    else void save(field.value).then((saved) => (saved ? close() : field.focus()));
  });
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
    sendOnEnter(event, node);
  });
  return { node, field };
}

/** Enter submits; with Shift, or while an input method composes, it is a character like any other. */
export function sendOnEnter(event: KeyboardEvent, form: HTMLFormElement): void {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
}
