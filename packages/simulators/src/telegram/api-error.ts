/** A refusal in the form of the Bot API: `description` begins with the name of its code. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly parameters: Readonly<Record<string, number>> | undefined;
  constructor(code: number, description: string, parameters?: Readonly<Record<string, number>>) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}

/** 400, worded as the official server does: prefixed, and the first letter made small. */
export function badRequest(message: string): ApiError {
  const first = message.charAt(1) === '_' || /^.[A-Z]/.test(message) ? message.charAt(0) : message.charAt(0).toLowerCase();
  return new ApiError(400, `Bad Request: ${first}${message.slice(1)}`);
}

/** 403. */
export const forbidden = (message: string): ApiError => new ApiError(403, `Forbidden: ${message}`);

/** 429 with the seconds to wait. */
export const floodWait = (seconds: number): ApiError =>
  new ApiError(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
