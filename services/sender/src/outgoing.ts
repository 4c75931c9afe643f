import { type ConversationId, DeliveryError, type Receipt } from '@bridge/core';
import type { ActivePlatform, Attempt, Outcome, RoleContext } from '@bridge/runtime';

/** Why no call may be made yet. */
export interface Limited {
  readonly waitMs: number;
  /** The limit, as its platform calls it. */
  readonly key: string;
}

/** The rates that the calls of one attempt are kept below. */
export interface Outgoing {
  /**
   * Asked before each call; undefined when it may be made.
   * @throws {DeliveryError} when Redis does not answer.
   */
  wait(step: number): Promise<Limited | undefined>;
  /** Told each answer, as it may say that a limit is used up. */
  answered(receipt: Receipt): void;
}

export interface OutgoingOptions {
  readonly active: ActivePlatform;
  readonly attempt: Attempt;
  readonly conversation: ConversationId;
}

export function createOutgoing(
  { limiter, log, outgoingLimits }: RoleContext,
  { active, attempt, conversation }: OutgoingOptions,
): Outgoing {
  const { id } = active.platform;
  const limits = outgoingLimits === 'off' ? [] : (active.instance.sender.limits?.(conversation) ?? []);
  const delivery = attempt.delivery.id;
  return {
    async wait(step) {
      if (limits.length === 0) return undefined;
      try {
        const { waitMs, key = '' } = await limiter.reserve({ platform: id, limits, holder: `${delivery}.${step}` });
        return waitMs > 0 ? { waitMs, key } : undefined;
      } catch (error) {
        log.warn({ delivery, err: error }, 'the outgoing limits could not be asked');
        // This step's call has not been made, so it can be tried again without a doubt.
        throw new DeliveryError('Redis did not say whether the limits allow a call; it is asked again.', { kind: 'transient' });
      }
    },
    answered({ exhausted }) {
      if (exhausted === undefined) return;
      // Not waited for: should it be lost, the platform will say it again by refusing a call.
      limiter.exhaust({ platform: id, ...exhausted }).catch((error: unknown) => {
        log.warn({ delivery, err: error }, 'a limit that is used up could not be noted');
      });
    },
  };
}

/** The conversation comes back at its time; the platform was not asked, so this was no attempt. */
export const limitedOutcome = ({ waitMs, key }: Limited): Outcome => ({
  kind: 'failed',
  verdict: { action: 'hold-conversation', delayMs: waitMs, reason: 'outgoing limit' },
  ambiguous: false,
  detail: `to stay below what the platform allows for ${key}`,
  unasked: true,
});
