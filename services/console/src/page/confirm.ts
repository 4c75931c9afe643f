import { byId } from './dom.ts';

/** Asks before something is gone for good. Escape means no. */
export function ask(question: string): Promise<boolean> {
  const dialog = byId('confirm');
  if (!(dialog instanceof HTMLDialogElement)) return Promise.resolve(false);
  byId('confirm-question').textContent = question;
  return new Promise((resolve) => {
    byId('confirm-yes').onclick = () => dialog.close('yes');
    byId('confirm-no').onclick = () => dialog.close('no');
    dialog.onclose = () => resolve(dialog.returnValue === 'yes');
    dialog.returnValue = '';
    dialog.showModal();
    byId('confirm-no').focus();
  });
}
