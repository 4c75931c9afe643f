import type { SettleRequest, SettledView } from '../protocol.ts';
import { post } from './api.ts';
import { ask } from './confirm.ts';
import { byId } from './dom.ts';
import { tell } from './notice.ts';
import { some } from './words.ts';

/** Retries or discards, says what came of it, and shows the list anew. */
export async function settle(
  act: 'retry' | 'discard',
  what: SettleRequest,
  { number, reload }: { readonly number: number; readonly reload: () => Promise<void> },
): Promise<void> {
  if (
    act === 'discard' &&
    !(await ask(`Discard ${some(number, 'message')} for good? ${number === 1 ? 'It' : 'They'} cannot be brought back.`))
  )
    return;
  const settled = await post<SettledView>(`/api/dead/${act}`, what);
  if (settled === undefined) return;
  tell(sentenceOf(act, settled));
  await reload();
  byId('failed-title').focus();
}

function sentenceOf(act: 'retry' | 'discard', { done, missing }: SettledView): string {
  // A group that another person settled, or that has got its reason since it was shown.
  if (done === 0 && missing === 0)
    return `Nothing was ${act === 'retry' ? 'retried' : 'discarded'}: this group has changed since. The list shows what there is now.`;
  const gone = missing === 0 ? '' : ` ${some(missing, 'other was', 'others were')} gone already.`;
  const those = some(done, 'message is', 'messages are');
  return act === 'retry' ? `${those} back at the end of the conversation.${gone}` : `${those} discarded.${gone}`;
}
