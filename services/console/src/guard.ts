import { isIP } from 'node:net';
import { sendError } from '@bridge/runtime';
import type { Request, RequestHandler } from 'express';
import type { Access } from './access.ts';

/** The requests that change something. */
const isWrite = ({ method }: Request): boolean => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';

/**
 * Only a page of this very server may change anything, whoever is logged in: a browser says where a request comes from, and
 * whatever does not say so is no page of ours.
 */
export const sameOriginWrites: RequestHandler = (request, response, next) => {
  if (!isWrite(request) || isOwnPage(request)) return next();
  sendError(response, 403, 'other_origin', 'Only the console’s own page may do this. Open it in the browser and do it there.');
};

function isOwnPage(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  // Browsers leave it out on plain http, but for loopback.
  if (site !== undefined) return site === 'same-origin';
  const origin = request.get('origin') ?? '';
  return URL.canParse(origin) && new URL(origin).host === request.host;
}

/** Pages of the console are for one person and one moment. */
export const neverStored: RequestHandler = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  // A form's request says where it comes from only with this; nothing leaves for other sites.
  response.setHeader('referrer-policy', 'same-origin');
  next();
};

/** Without a login: 401 in words for programs, the login page for people. */
export function requireSession(access: Access): RequestHandler {
  return (request, response, next) => {
    if (access.isLoggedIn(request)) return next();
    const isPage = request.method === 'GET' && !/^\/(?:bullmq\/)?api\//.test(request.path) && request.accepts(['json', 'html']) === 'html';
    if (isPage) return response.redirect(303, '/login');
    sendError(response, 401, 'not_logged_in', 'Log in first: your session has ended, or there was none.');
  };
}

/** Without a password the console is for this machine alone, also when a page elsewhere makes its own name point here. */
export const loopbackNamesOnly: RequestHandler = (request, response, next) => {
  const name = request.hostname.replaceAll(/[[\]]/g, '');
  if (name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))) return next();
  sendError(response, 403, 'not_loopback', 'Without CONSOLE_PASSWORD the console answers on http://127.0.0.1 and http://localhost only.');
};
