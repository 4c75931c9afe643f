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
  const gone = settled.missing === 0 ? '' : ` ${some(settled.missing, 'other was', 'others were')} gone already.`;
  const done =
    act === 'retry'
      ? `${some(settled.done, 'message is', 'messages are')} back at the end of the conversation.`
      : `${some(settled.done, 'message is', 'messages are')} discarded.`;
  tell(`${done}${gone}`);
  await reload();
  byId('failed-title').focus();
}
