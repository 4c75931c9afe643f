import { z } from 'zod';

/**
 * The parts of CometChat's payloads that the bridge reads. Tolerant on purpose: a field that is absent, null or of
 * another type than documented is `undefined`, and unknown fields are left alone. Ids come as numbers in some
 * documents and as strings in others. https://www.cometchat.com/docs/rest-api/management-apis/webhooks/overview
 */
const soft = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = soft(z.string());
const number = soft(z.number());
const id = soft(z.union([z.string().min(1), z.number().transform(String)]));
const record = soft(z.record(z.string(), z.unknown()));
const list = <T extends z.ZodType>(entry: T) =>
  z
    .array(soft(entry))
    .catch([])
    .transform((entries) => entries.filter((one) => one !== undefined));

const person = z.object({ uid: id, name: text, avatar: text, guid: id, updatedAt: number });
/** A user, or a group where it stands as a receiver. */
export type Person = z.infer<typeof person>;
const personEntity = soft(z.object({ entity: soft(person) }));

const attachment = z.object({
  url: text,
  name: text,
  mimeType: text,
  extension: text,
  // A string in the API's description, a number in its SDK.
  size: soft(z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)])),
});
/** One file of a message. */
export type AttachmentPayload = z.infer<typeof attachment>;

const fields = {
  id,
  conversationId: text,
  sender: id,
  receiverType: text,
  receiver: id,
  category: text,
  type: text,
  // One known sender of legacy webhooks puts the text here.
  text,
  sentAt: number,
  updatedAt: number,
  editedAt: number,
  editedBy: id,
  deletedAt: number,
  deletedBy: id,
  parentId: id,
  quotedMessageId: id,
};

const content = {
  text,
  url: text,
  action: text,
  attachments: list(attachment),
  customData: record,
  interactiveData: record,
  card: record,
  metadata: record,
  mentions: soft(z.record(z.string(), soft(z.object({ name: text })))),
  moderation: soft(z.object({ status: text })),
};

const entities = { sender: personEntity, receiver: personEntity, by: personEntity };
const inner = z.object({ ...fields, data: soft(z.object({ ...content, entities: soft(z.object(entities)) })) });
/** A message as it is: what an edit or delete is about, or what is quoted. */
export type Inner = z.infer<typeof inner>;

const on = soft(z.object({ entity: soft(inner) }));

/** A message, or an action message that names another one at `data.entities.on.entity`. */
export const messageSchema = z.object({
  ...fields,
  data: soft(z.object({ ...content, entities: soft(z.object({ ...entities, on })) })),
  quotedMessage: soft(inner),
});
/** A parsed `messageSchema`. */
export type Message = z.infer<typeof messageSchema>;

/** What is at `data.reaction`; no conversation is. */
export const reactionSchema = z.object({
  id,
  messageId: id,
  reaction: text,
  uid: id,
  reactedAt: number,
  reactedBy: soft(person),
});
/** A parsed `reactionSchema`. */
export type Reaction = z.infer<typeof reactionSchema>;

/** What is at `data` of group_member_joined and its kin; `members` is by uid, `by` is not there for who acts for themselves. */
export const membershipSchema = z.object({
  group: person,
  members: z.record(z.string(), soft(person)),
  by: soft(person),
});
/** A parsed `membershipSchema`. */
export type Membership = z.infer<typeof membershipSchema>;

/** What every webhook has around its data. */
export const envelopeSchema = z.object({ trigger: z.string(), data: z.looseObject({}) });
