import { isList, isRecord } from './json.ts';

/** One problem with one field, in the words of Discord. */
export interface FormProblem {
  /** Of the field in the body or query, such as `embeds`, 0, `title`; empty for the body itself. */
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
}

/** What a call is refused with: status and JSON body are Discord's. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: number;
  readonly errors: object | undefined;

  constructor(status: number, code: number, details: { readonly message: string; readonly errors?: object }) {
    super(details.message);
    this.status = status;
    this.code = code;
    this.errors = details.errors;
  }

  /** As it is sent. */
  get body(): object {
    return { message: this.message, code: this.code, ...(this.errors === undefined ? {} : { errors: this.errors }) };
  }
}

/** Discord's JSON error codes, with the status that each comes with. Source: API reference, "Opcodes and Status Codes". */
const catalog = {
  unauthorized: [401, 0, '401: Unauthorized'],
  noRoute: [404, 0, '404: Not Found'],
  methodNotAllowed: [405, 0, '405: Method Not Allowed'],
  unknownChannel: [404, 10003, 'Unknown Channel'],
  unknownGuild: [404, 10004, 'Unknown Guild'],
  unknownMember: [404, 10007, 'Unknown Member'],
  unknownMessage: [404, 10008, 'Unknown Message'],
  unknownUser: [404, 10013, 'Unknown User'],
  unknownEmoji: [400, 10014, 'Unknown Emoji'],
  unknownWebhook: [404, 10015, 'Unknown Webhook'],
  wrongChannelType: [400, 50024, 'Cannot execute action on this channel type'],
  tooManyWebhooks: [400, 30007, 'Maximum number of webhooks reached (15)'],
  tooManyReactions: [403, 30010, 'Maximum number of reactions reached (20)'],
  fileTooLarge: [400, 50045, 'File uploaded exceeds the maximum size'],
  tooLarge: [413, 40005, 'Request entity too large'],
  blocked: [403, 40333, 'internal network error'],
  missingAccess: [403, 50001, 'Missing Access'],
  notTheAuthor: [403, 50005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50006, 'Cannot send an empty message'],
  missingPermissions: [403, 50013, 'Missing Permissions'],
  bulkDeleteCount: [400, 50016, 'You can only bulk delete between 2 and 100 messages.'],
  systemMessage: [403, 50021, 'Cannot execute action on a system message'],
  invalidWebhookToken: [401, 50027, 'Invalid Webhook Token'],
  tooOldToBulkDelete: [400, 50034, 'You can only bulk delete messages that are under 14 days old.'],
  invalidVersion: [400, 50041, 'Invalid API version'],
  archivedThread: [400, 50083, 'Thread is archived'],
  invalidJson: [400, 50109, 'The request body contains invalid JSON.'],
  noReplyWithoutHistory: [400, 160002, 'Cannot reply without permission to read message history'],
  threadExists: [400, 160004, 'A thread has already been created for this message'],
  lockedThread: [400, 160005, 'Thread is locked'],
} as const satisfies Record<string, readonly [number, number, string]>;

/** The error of that name. */
export function apiError(name: keyof typeof catalog): ApiError {
  const [status, code, message] = catalog[name];
  return new ApiError(status, code, { message });
}

/** 50035 with the tree of problems, as API v8 and later give it. */
export function formError(problems: readonly FormProblem[]): ApiError {
  const tree: Record<string, unknown> = {};
  for (const { path, code, message } of problems) {
    const node = path.reduce<Record<string, unknown>>((at, key) => child(at, String(key)), tree);
    const list = node['_errors'];
    const problem = { code, message };
    node['_errors'] = isList(list) ? [...list, problem] : [problem];
  }
  return new ApiError(400, 50035, { message: 'Invalid Form Body', errors: tree });
}

function child(node: Record<string, unknown>, key: string): Record<string, unknown> {
  const fresh: Record<string, unknown> = {};
  const known = node[key];
  if (isRecord(known)) return known;
  node[key] = fresh;
  return fresh;
}
