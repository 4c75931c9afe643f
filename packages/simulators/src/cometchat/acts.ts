import type { SimChange } from '../types.ts';
import type { JsonObject, Reaction, Scope, StoredMessage } from './model.ts';
import type { WebhookEvent } from './webhook-bodies.ts';
import { seconds, type NewMessage, type World } from './world.ts';

/** New content of a message. */
export interface EditChange {
  readonly by: string;
  readonly data: JsonObject;
  /** Fields that it does not name go. */
  readonly replace?: boolean;
  readonly tags?: readonly string[];
}

/** A reaction put there or taken away. */
export interface ReactionChange {
  readonly uid: string;
  readonly reaction: string;
  readonly on: boolean;
}

/** A user added to a group. */
export interface JoinChange {
  readonly guid: string;
  readonly uid: string;
  readonly by: string;
  readonly scope: Scope;
}

/** What can be done, by people and through the API alike; each act is told to the webhook and to who watches. */
export interface Acts {
  send(message: NewMessage): StoredMessage;
  /** Returns the action message. */
  edit(message: StoredMessage, change: EditChange): StoredMessage;
  /** Returns the action message. */
  remove(message: StoredMessage, change: { readonly by: string; readonly permanent: boolean }): StoredMessage;
  /** False where nothing changed. */
  react(message: StoredMessage, change: ReactionChange): boolean;
  /** Adds a user to a group, or lets them join, with the action message that all members see. */
  join(change: JoinChange): StoredMessage | undefined;
  leave(change: Pick<JoinChange, 'guid' | 'uid'>): void;
  moderate(message: StoredMessage, decision: { readonly status: 'approved' | 'disapproved'; readonly manual: boolean }): void;
}

/** Who is to be told. */
export interface Told {
  webhook(event: WebhookEvent): void;
  changed(kind: SimChange['kind'], message: StoredMessage): void;
}

/** Acts upon a world. They check nothing: who may do what is the caller's to know. */
export function createActs(world: World, told: Told): Acts {
  return new ToldActs(world, told);
}

class ToldActs implements Acts {
  readonly #world: World;
  readonly #told: Told;

  constructor(world: World, told: Told) {
    this.#world = world;
    this.#told = told;
  }

  send(input: NewMessage): StoredMessage {
    const message = this.#world.append(input);
    this.#told.changed('posted', message);
    this.#told.webhook({ trigger: 'message_sent', message });
    return message;
  }

  edit(message: StoredMessage, { by, data, replace = false, tags }: EditChange): StoredMessage {
    message.data = replace ? { ...data } : { ...message.data, ...data };
    if (tags) message.tags = tags;
    message.edited = { at: Date.now(), by };
    const action = this.#note('edited', message, by);
    this.#told.changed('edited', message);
    this.#told.webhook({ trigger: 'message_edited', message, action });
    return action;
  }

  remove(message: StoredMessage, { by, permanent }: { readonly by: string; readonly permanent: boolean }): StoredMessage {
    message.deleted = { at: Date.now(), by, permanent };
    const action = this.#note('deleted', message, by);
    this.#told.changed('deleted', message);
    this.#told.webhook({ trigger: 'message_deleted', message, action });
    return action;
  }

  react(message: StoredMessage, { uid, reaction, on }: ReactionChange): boolean {
    const at = message.reactions.findIndex((one) => one.uid === uid && one.reaction === reaction);
    if (on === at >= 0) return false;
    const fresh = (): Reaction => ({ id: this.#world.nextReactionId(), reaction, uid, reactedAt: seconds(Date.now()) });
    const changed = on ? fresh() : message.reactions[at];
    if (!changed) return false;
    if (on) message.reactions.push(changed);
    else message.reactions.splice(at, 1);
    this.#told.changed('edited', message);
    this.#told.webhook({ trigger: on ? 'message_reaction_added' : 'message_reaction_removed', message, reaction: changed });
    return true;
  }

  join({ guid, uid, by, scope }: JoinChange): StoredMessage | undefined {
    const group = this.#world.groups.get(guid);
    if (!group) return undefined;
    group.members.set(uid, { scope, joinedAt: seconds(Date.now()) });
    return this.#member(by === uid ? 'joined' : 'added', guid, { by, uid });
  }

  leave({ guid, uid }: Pick<JoinChange, 'guid' | 'uid'>): void {
    this.#world.groups.get(guid)?.members.delete(uid);
    this.#member('left', guid, { by: uid, uid });
  }

  moderate(message: StoredMessage, { status, manual }: { readonly status: 'approved' | 'disapproved'; readonly manual: boolean }): void {
    message.moderation = status;
    this.#told.changed('edited', message);
    const byEngine = status === 'approved' ? 'moderation_engine_approved' : 'moderation_engine_blocked';
    this.#told.webhook({ trigger: manual && status === 'approved' ? 'moderation_manual_approved' : byEngine, message });
  }

  #member(kind: 'added' | 'joined' | 'left', guid: string, who: { readonly by: string; readonly uid: string }): StoredMessage {
    const to = { sender: who.by, receiverType: 'group', receiver: guid } as const;
    const action = { kind, ...who };
    const message = this.#world.append({ ...to, category: 'action', type: 'groupMember', data: {}, viaApi: who.by !== who.uid, action });
    this.#told.webhook({ trigger: `group_member_${kind}`, message, ...who });
    return message;
  }

  #note(kind: string, target: StoredMessage, by: string): StoredMessage {
    const { receiverType, receiver, viaApi } = target;
    const action = { kind, by, message: target };
    return this.#world.append({ sender: by, receiverType, receiver, category: 'action', type: 'message', data: {}, viaApi, action });
  }
}
