/**
 * Fields of the request bodies of the simulated calls: name → type, with a leading "!" where required. Taken from
 * CometChat's "Chat APIs" 3.0 description (https://www.cometchat.com/docs/rest-api, 2023) with what newer pages add:
 * muid, statusMessage, unset, attachment fields and video messages.
 */
export type FieldTable = Readonly<Record<string, string>>;

const message: FieldTable = {
  receiver: '!string',
  receiverType: '!string',
  category: 'string',
  type: 'string',
  data: '!object',
  multipleReceivers: 'object',
  tags: 'strings',
  muid: 'string',
};

const user: FieldTable = {
  name: 'string',
  avatar: 'string',
  link: 'string',
  role: 'string',
  statusMessage: 'string',
  metadata: 'object',
  tags: 'strings',
};

/** Body fields by call. */
export const bodyTable: Readonly<Record<string, FieldTable>> = {
  'POST /messages': message,
  'POST /messages/{id}/thread': message,
  'PUT /messages/{id}': { data: 'object', tags: 'strings' },
  'DELETE /messages/{id}': { permanent: 'boolean' },
  'POST /users': { ...user, uid: '!string', name: '!string', withAuthToken: 'boolean' },
  'PUT /users/{uid}': { ...user, unset: 'strings' },
  'DELETE /users/{uid}': { permanent: 'boolean' },
  'POST /groups/{guid}/members': { admins: 'strings', moderators: 'strings', participants: 'strings', usersToBan: 'strings' },
  'POST /messages/{id}/reactions/{reaction}': {},
  'DELETE /messages/{id}/reactions/{reaction}': {},
};
