import type { Acts } from './acts.ts';
import { badRequest, guidNotFound, messageNotFound, uidNotFound } from './api-error.ts';
import type { Group, JsonObject, StoredMessage, User } from './model.ts';
import { systemUid, type World } from './world.ts';

/** A call, with its path taken apart. */
export interface ApiCall {
  readonly world: World;
  readonly acts: Acts;
  /** What stands in the path for `{uid}`, `{guid}`, `{id}` and `{reaction}`, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** From `onBehalfOf`, and known to exist; undefined without it. */
  readonly actor: string | undefined;
  /** Whether an edit takes away the fields that it does not name. */
  readonly editReplaces: boolean;
}

/** What goes into the answer's body beside nothing else. */
export interface ApiResult {
  readonly data: unknown;
  readonly meta?: unknown;
}

/** A call of the REST API. @throws {ApiError} */
export type Handler = (call: ApiCall) => ApiResult;

/** Who the call acts as. */
export const actorOf = (call: ApiCall): string => call.actor ?? systemUid;

/** The user in the path. */
export function userOf(call: ApiCall): User {
  const uid = (call.path['uid'] ?? '').toLowerCase();
  const user = call.world.users.get(uid);
  if (!user) throw uidNotFound(uid);
  return user;
}

/** The group in the path. */
export function groupOf(call: ApiCall): Group {
  const guid = call.path['guid'] ?? '';
  const group = call.world.groups.get(guid);
  if (!group) throw guidNotFound(guid);
  return group;
}

/** The message in the path; one that was deleted for good is not there. */
export function messageOf(call: ApiCall): StoredMessage {
  const id = call.path['id'] ?? '';
  const message = /^\d+$/.test(id) ? call.world.messages.get(Number(id)) : undefined;
  if (!message || message.deleted?.permanent === true) throw messageNotFound(id);
  return message;
}

/** For calls that are nobody's without `onBehalfOf`. */
export function requiredActor(call: ApiCall): string {
  if (call.actor === undefined)
    throw badRequest('The onBehalfOf header is required.', { onBehalfOf: ['The onBehalfOf header is required.'] });
  return call.actor;
}

/** A list of strings in a body; empty where absent. */
export function strings(body: JsonObject, name: string): readonly string[] {
  const value = body[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A whole number in the query, within bounds. */
export function count(query: URLSearchParams, name: string, options: { readonly fallback: number; readonly max: number }): number {
  const text = query.get(name);
  if (text === null) return options.fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > options.max) throw badRequest(`The ${name} must be between 1 and ${options.max}.`);
  return value;
}
