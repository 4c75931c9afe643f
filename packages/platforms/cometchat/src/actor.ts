import { type Client, isCode } from './client.ts';
import type { Target } from './config.ts';
import type { Puppet, Puppets } from './ensure.ts';
import type { Stage } from './failures.ts';

const notJoined = /^ERR_(GROUP_NOT_JOINED|NOT_A_MEMBER)/;

/** What an actor works with. */
export interface ActorOptions {
  readonly client: Client;
  readonly puppets: Puppets;
  readonly signal: AbortSignal;
}

/** Acts for one command; knows what had begun when something fails. */
export class Actor {
  stage: Stage = 'preparing';
  readonly client: Client;
  readonly signal: AbortSignal;
  private readonly puppets: Puppets;

  constructor({ client, puppets, signal }: ActorOptions) {
    this.client = client;
    this.puppets = puppets;
    this.signal = signal;
  }

  /** Does what may be done any number of times. */
  async prepare<T>(step: () => Promise<T>): Promise<T> {
    this.stage = 'preparing';
    return step();
  }

  /** Has the effect. */
  async act<T>(step: () => Promise<T>): Promise<T> {
    this.stage = 'acting';
    return step();
  }

  /**
   * Acts as the author's user. Two refusals can be mended: the user is gone, or not in the group. Both say for certain
   * that nothing was done, so acting again after mending is not a second attempt.
   */
  async actAs<T>(puppet: Puppet, target: Target, step: () => Promise<T>): Promise<T> {
    await this.prepare(() => this.puppets.ensure(puppet, this.signal));
    const mended = new Set<string>();
    for (;;) {
      try {
        return await this.act(step);
      } catch (error) {
        const fault = mendable(error, target);
        if (fault === undefined || mended.has(fault)) throw error;
        mended.add(fault);
        await this.prepare(() => this.mend(fault, puppet, target));
      }
    }
  }

  private async mend(fault: 'not-joined' | 'no-user', puppet: Puppet, target: Target): Promise<void> {
    if (fault === 'not-joined') return this.puppets.join(target.receiver, puppet.uid, this.signal);
    this.puppets.forget(puppet.uid);
    await this.puppets.ensure(puppet, this.signal);
  }
}

/** Who is not there may be the author's user or the receiver: the former is made again, and the latter is refused again. */
function mendable(error: unknown, { receiverType }: Target): 'not-joined' | 'no-user' | undefined {
  if (receiverType === 'group' && isCode(error, notJoined)) return 'not-joined';
  return isCode(error, /^ERR_UID_NOT_FOUND/) ? 'no-user' : undefined;
}
