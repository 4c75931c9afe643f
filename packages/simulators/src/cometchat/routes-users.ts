import { ApiError, badRequest } from './api-error.ts';
import type { Group, JsonObject, Scope, User } from './model.ts';
import { apiGroup, apiMessage } from './render.ts';
import { actorOf, count, groupOf, strings, userOf, type Handler } from './route.ts';
import { isUid, seconds, type World } from './world.ts';

/** https://www.cometchat.com/docs/articles/properties-and-constraints */
const longest = { name: 100, url: 3000, metadataBytes: 5 * 1024, tags: 25, tag: 100, membersPerCall: 25, page: 1000 };

const createUser: Handler = ({ world, body }) => {
  const uid = typeof body['uid'] === 'string' ? body['uid'].toLowerCase() : '';
  if (uid === '') throw badRequest('The uid field is required.', { uid: ['The uid field is required.'] });
  if (!isUid(uid)) throw badRequest('The uid may only contain a-z, 0-9, - and _, and may not be longer than 100 characters.');
  if (typeof body['name'] !== 'string' || body['name'] === '')
    throw badRequest('The name field is required.', { name: ['The name field is required.'] });
  checkUserFields(body);
  if (world.users.has(uid))
    throw new ApiError(400, 'ERR_UID_ALREADY_EXISTS', `The user with uid ${uid} already exists, please use another uid.`);
  const user: User = { uid, name: body['name'], role: 'default', status: 'offline', createdAt: seconds(Date.now()) };
  applyUserFields(user, body);
  world.users.set(uid, user);
  return { data: body['withAuthToken'] === true ? { ...user, authToken: `${uid}_${Date.now()}` } : user };
};

const getUser: Handler = (call) => ({ data: userOf(call) });

const updateUser: Handler = (call) => {
  const user = userOf(call);
  if (call.body['name'] === '') throw badRequest('The name field is required.', { name: ['The name field is required.'] });
  checkUserFields(call.body);
  for (const name of strings(call.body, 'unset')) {
    if (name === 'avatar' || name === 'link' || name === 'metadata') delete user[name];
    else throw badRequest('The unset field may name avatar, link and metadata.');
  }
  applyUserFields(user, call.body);
  user.updatedAt = seconds(Date.now());
  return { data: user };
};

/** The user's messages stay. */
const deleteUser: Handler = (call) => {
  const { uid } = userOf(call);
  call.world.users.delete(uid);
  for (const group of call.world.groups.values()) group.members.delete(uid);
  return { data: { success: true, message: `User with UID ${uid} has been deleted successfully.` } };
};

function checkUserFields(body: JsonObject): void {
  const tooLong = (name: string, most: number): boolean => typeof body[name] === 'string' && [...body[name]].length > most;
  if (tooLong('name', longest.name)) throw badRequest(`The name may not be greater than ${longest.name} characters.`);
  for (const name of ['avatar', 'link']) {
    if (tooLong(name, longest.url)) throw badRequest(`The ${name} may not be greater than ${longest.url} characters.`);
    if (typeof body[name] === 'string' && !URL.canParse(body[name]))
      throw badRequest(`The ${name} format is invalid.`, { [name]: [`The ${name} format is invalid.`] });
  }
  if (body['metadata'] !== undefined && Buffer.byteLength(JSON.stringify(body['metadata'])) > longest.metadataBytes) {
    throw new ApiError(400, 'ERR_INVALID_METADATA', 'The metadata may not be greater than 5 KB.');
  }
  if (body['role'] !== undefined && body['role'] !== 'default') throw new ApiError(404, 'ERR_ROLE_NOT_FOUND', 'The role does not exist.');
  checkTags(strings(body, 'tags'));
}

/** @throws {ApiError} for more or longer tags than CometChat keeps. */
export function checkTags(tags: readonly string[]): void {
  if (tags.length > longest.tags) throw badRequest(`The tags may not have more than ${longest.tags} items.`);
  if (tags.some((tag) => tag.length > longest.tag)) throw badRequest(`A tag may not be greater than ${longest.tag} characters.`);
}

function applyUserFields(user: User, body: JsonObject): void {
  for (const name of ['name', 'avatar', 'link', 'statusMessage', 'role'] as const) {
    const value = body[name];
    if (typeof value === 'string') user[name] = value;
  }
  if (body['metadata'] !== undefined) user.metadata = body['metadata'];
  if (body['tags'] !== undefined) user.tags = strings(body, 'tags');
}

const getGroup: Handler = (call) => ({ data: apiGroup(groupOf(call), call.actor) });

const listMembers: Handler = (call) => {
  const group = groupOf(call);
  const perPage = count(call.query, 'perPage', { fallback: 100, max: longest.page });
  const page = count(call.query, 'page', { fallback: 1, max: Number.MAX_SAFE_INTEGER });
  const all = [...group.members].map(([uid, member]) => ({ ...call.world.users.get(uid), ...member }));
  const data = all.slice((page - 1) * perPage, page * perPage);
  const pagination = {
    total: all.length,
    count: data.length,
    per_page: perPage,
    current_page: page,
    total_pages: Math.ceil(all.length / perPage),
  };
  return { data, meta: { pagination } };
};

const scopes: readonly (readonly [field: string, scope: Scope])[] = [
  ['admins', 'admin'],
  ['moderators', 'moderator'],
  ['participants', 'participant'],
];

const addMembers: Handler = (call) => {
  const group = groupOf(call);
  const asked = [...scopes.map(([field]) => field), 'usersToBan'].flatMap((field) => strings(call.body, field));
  if (asked.length === 0) throw badRequest('Name at least one user in admins, moderators, participants or usersToBan.');
  if (asked.length > longest.membersPerCall) throw badRequest(`No more than ${longest.membersPerCall} users may be added in a call.`);
  const data: Record<string, Record<string, unknown>> = {};
  for (const [field, scope] of scopes) {
    for (const uid of strings(call.body, field)) {
      (data[field] ??= {})[uid] = addMember({ world: call.world, group, uid: uid.toLowerCase() }, () => {
        const action = call.acts.join({ guid: group.guid, uid: uid.toLowerCase(), by: actorOf(call), scope });
        return action && apiMessage(call.world, action);
      });
    }
  }
  for (const uid of strings(call.body, 'usersToBan')) {
    group.members.delete(uid.toLowerCase());
    group.banned.add(uid.toLowerCase());
    (data['usersToBan'] ??= {})[uid] = { success: true };
  }
  return { data };
};

/** Each user has a result of its own; the call succeeds whatever they are. */
function addMember(
  { world, group, uid }: { readonly world: World; readonly group: Group; readonly uid: string },
  join: () => unknown,
): object {
  const failed = (code: string, message: string): object => ({ success: false, error: { code, message } });
  if (!world.users.has(uid)) return failed('ERR_UID_NOT_FOUND', `The user with uid ${uid} does not exist.`);
  if (group.banned.has(uid))
    return failed('ERR_BANNED_GROUPMEMBER', `The user with uid ${uid} is banned from the group with guid ${group.guid}.`);
  if (group.members.has(uid))
    return failed('ERR_ALREADY_JOINED', `The user with uid ${uid} has already joined the group with guid ${group.guid}.`);
  return { success: true, data: join() };
}

/** Calls about users and groups. */
export const userRoutes: Readonly<Record<string, Handler>> = {
  'POST /users': createUser,
  'GET /users/{uid}': getUser,
  'PUT /users/{uid}': updateUser,
  'DELETE /users/{uid}': deleteUser,
  'GET /groups/{guid}': getGroup,
  'GET /groups/{guid}/members': listMembers,
  'POST /groups/{guid}/members': addMembers,
};
