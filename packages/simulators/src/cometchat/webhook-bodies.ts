import type { Reaction, StoredMessage } from './model.ts';
import { apiGroup, apiMessage, apiUser } from './render.ts';
import type { World } from './world.ts';

/** Something that a webhook may be told. */
export type WebhookEvent =
  | {
      readonly trigger: 'message_sent' | 'moderation_engine_approved' | 'moderation_engine_blocked' | 'moderation_manual_approved';
      readonly message: StoredMessage;
    }
  | {
      readonly trigger: 'group_member_added' | 'group_member_joined' | 'group_member_left';
      readonly message: StoredMessage;
      readonly by: string;
      readonly uid: string;
    }
  | { readonly trigger: 'message_edited' | 'message_deleted'; readonly message: StoredMessage; readonly action: StoredMessage }
  | {
      readonly trigger: 'message_reaction_added' | 'message_reaction_removed';
      readonly message: StoredMessage;
      readonly reaction: Reaction;
    };

/** How bodies look. */
export interface BodyStyle {
  readonly appId: string;
  readonly region: string;
  /** The webhook's id, as typed into the dashboard. */
  readonly webhookId: string;
  readonly version: 'current' | 'legacy';
  /** `action`: an action message about the edited one, as documented. `flat`: the edited message itself, as seen live. */
  readonly editShape: 'action' | 'flat';
}

/**
 * The body for an event, made at once, since what it tells may change before it is sent; undefined where the webhook's
 * version knows no such event. Legacy webhooks tell of new messages only, with the message as `data`.
 */
export function webhookBody(world: World, event: WebhookEvent, style: BodyStyle): Record<string, unknown> | undefined {
  const { appId, region, webhookId: webhook } = style;
  if (style.version === 'legacy') {
    if (event.trigger !== 'message_sent') return undefined;
    return { trigger: 'after_message', data: apiMessage(world, event.message), appId, webhook };
  }
  return { trigger: event.trigger, data: dataOf(world, event, style), appId, region, webhook };
}

function dataOf(world: World, event: WebhookEvent, style: BodyStyle): Record<string, unknown> {
  switch (event.trigger) {
    case 'message_sent':
    case 'moderation_engine_approved':
    case 'moderation_engine_blocked':
    case 'moderation_manual_approved':
      return { message: apiMessage(world, event.message) };
    case 'group_member_added':
    case 'group_member_joined':
    case 'group_member_left': {
      const group = world.groups.get(event.message.receiver);
      const members = { [event.uid]: apiUser(world, event.uid) };
      return { group: group && apiGroup(group), members, ...(event.by === event.uid ? {} : { by: apiUser(world, event.by) }) };
    }
    case 'message_edited':
    case 'message_deleted':
      return { message: apiMessage(world, style.editShape === 'flat' ? event.message : event.action) };
    case 'message_reaction_added':
    case 'message_reaction_removed': {
      const { id, reaction, uid, reactedAt } = event.reaction;
      return { reaction: { id, messageId: String(event.message.id), reaction, uid, reactedAt, reactedBy: apiUser(world, uid) } };
    }
    default: {
      const never: never = event;
      return never;
    }
  }
}
