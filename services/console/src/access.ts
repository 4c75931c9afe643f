import { type ConsoleSettings, type PasswordCheck, createPasswordCheck } from '@bridge/runtime';
import type { Request, Response } from 'express';
import { type Attempts, createAttempts } from './attempts.ts';
import { type Sessions, createSessions } from './session.ts';

/** Who may see the console. */
export interface Access {
  /** Everybody who reaches it; then it listens on loopback only. */
  readonly passwordless: boolean;
  isLoggedIn(request: Request): boolean;
  /** Tries a password; `wait` is how many seconds to wait before the next try. */
  logIn(request: Request, response: Response, password: string): Promise<{ readonly ok: boolean; readonly wait?: number }>;
  logOut(request: Request, response: Response): void;
}

/** For development and the sandbox. */
const open: Access = {
  passwordless: true,
  isLoggedIn: () => true,
  logIn: () => Promise.resolve({ ok: true }),
  logOut: () => undefined,
};

export function createAccess({ password, sessionSecret, port }: ConsoleSettings): Access {
  if (password === undefined) return open;
  const sessions = createSessions({ password, ...(sessionSecret === undefined ? {} : { secret: sessionSecret }) });
  // Cookies do not tell ports apart, and several consoles may run on one machine.
  const cookie = `bridge-console-${port}`;
  return new PasswordAccess({ cookie, sessions, check: createPasswordCheck(password), attempts: createAttempts() });
}

interface Parts {
  readonly cookie: string;
  readonly sessions: Sessions;
  readonly check: PasswordCheck;
  readonly attempts: Attempts;
}

class PasswordAccess implements Access {
  readonly passwordless = false;
  readonly #parts: Parts;
  constructor(parts: Parts) {
    this.#parts = parts;
  }

  isLoggedIn(request: Request): boolean {
    return this.#parts.sessions.isValid(this.#token(request));
  }

  async logIn(request: Request, response: Response, password: string): Promise<{ readonly ok: boolean; readonly wait?: number }> {
    const { attempts, check, sessions, cookie } = this.#parts;
    const address = request.ip ?? '';
    const waitMs = attempts.tryFrom(address);
    if (waitMs > 0) return { ok: false, wait: Math.ceil(waitMs / 1_000) };
    if (!(await check(password))) return { ok: false };
    attempts.succeeded(address);
    response.cookie(cookie, sessions.issue(), { ...this.#attributes(request), maxAge: sessions.maxAgeMs });
    return { ok: true };
  }

  logOut(request: Request, response: Response): void {
    this.#parts.sessions.end(this.#token(request));
    response.clearCookie(this.#parts.cookie, this.#attributes(request));
  }

  #attributes(request: Request) {
    // The browser's own word counts as well: a proxy that ends TLS need not have told us.
    const secure = request.secure || (request.get('origin') ?? '').startsWith('https:');
    return { httpOnly: true, sameSite: 'strict', secure, path: '/' } as const;
  }

  #token(request: Request): string | undefined {
    const pairs = (request.get('cookie') ?? '').split(';').map((pair) => pair.trim().split('='));
    return pairs.find(([name]) => name === this.#parts.cookie)?.[1];
  }
}
