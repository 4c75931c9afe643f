/** A refusal: HTTP status and the `error` object of the body. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** By field, where the form of a request is what is wrong. */
  details: Readonly<Record<string, unknown>> = {};
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** For requests that are not of the form that the description says. */
export const badRequest = (message: string, details: Readonly<Record<string, unknown>> = {}): ApiError =>
  Object.assign(new ApiError(400, 'ERR_BAD_REQUEST', message), { details });
/** Unknown users. */
export const uidNotFound = (uid: string): ApiError => new ApiError(404, 'ERR_UID_NOT_FOUND', `The user with uid ${uid} does not exist.`);
/** Unknown groups. */
export const guidNotFound = (guid: string): ApiError =>
  new ApiError(404, 'ERR_GUID_NOT_FOUND', `The group with guid ${guid} does not exist.`);
/** Unknown messages. */
export const messageNotFound = (id: string): ApiError =>
  new ApiError(404, 'ERR_MESSAGE_ID_NOT_FOUND', `The message with id ${id} does not exist.`);
