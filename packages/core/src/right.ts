import { AsyncLocalStorage } from 'node:async_hooks';
import { DeliveryError } from './failure.ts';

const held = new AsyncLocalStorage<() => boolean>();

/**
 * Runs something whose requests may leave only for as long as `stillOurs` says that the right to make them is this process's own.
 * Beside the arguments, since the libraries between a sender and its sockets hand on nothing that they do not know.
 */
export const whileOurs = <T>(stillOurs: () => boolean, run: () => Promise<T>): Promise<T> => held.run(stillOurs, run);

/**
 * For whatever writes requests to sockets: to be taken where a request is begun, and asked immediately before its bytes leave. A
 * process can be frozen at any line for longer than its right lasts, and its first act after that must not be to send what
 * another one has sent meanwhile.
 * @returns a function that throws {DeliveryError} `shutting-down`, which is to be thrown on, once the right is lost.
 */
export function rightToSend(): () => void {
  const stillOurs = held.getStore();
  return () => {
    if (stillOurs === undefined || stillOurs()) return;
    throw new DeliveryError(
      'The right to the conversation was lost before the request left; whoever has it now goes on.',
      { kind: 'shutting-down' },
      { code: 'right-lost' },
    );
  };
}
