import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const callSchema = z.object({
  pid: z.number(),
  platform: z.string(),
  command: z.looseObject({
    type: z.string(),
    delivery: z.string(),
    step: z.number(),
    conversation: z.string(),
    ambiguous: z.boolean(),
    label: z.string().exactOptional(),
    body: z.unknown().exactOptional(),
  }),
  text: z.string(),
});
/** One command as a process carried it out. */
export type Call = z.infer<typeof callSchema>;

/** Where pigeons fly to: a server outside of all bridge processes, as a platform is. */
export interface Loft {
  readonly url: string;
  /** In the order of arrival. */
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

/** Starts one; what `answer` returns is awaited before the call is answered with the id of a message. */
export async function startLoft(answer: (call: Call) => Promise<void> = () => Promise.resolve()): Promise<Loft> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void readCall(request).then(async (call) => {
      calls.push(call);
      const number = calls.length;
      await answer(call);
      response.end(JSON.stringify({ message: `${call.platform}-${number}` }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const readCall = async (request: IncomingMessage): Promise<Call> => callSchema.parse(JSON.parse(await text(request)));
