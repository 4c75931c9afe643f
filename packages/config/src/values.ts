import { isIP } from 'node:net';
import { z } from 'zod';

/**
 * Schemas of environment values: text in, typed value out. Each says in one phrase what it wants and never quotes
 * what it got: the caller decides whether a value may be shown.
 */
export const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number, 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number, 0 to 65535');

/** A whole number of days or the like, 1 to 100,000. */
export const count = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, 'must be a whole number of 1 or more')
  .transform(Number)
  .refine((value) => value <= 100_000, 'must be at most 100000');

/** `true` or `false`, and the spellings that other tools use for them. */
export const flag = z.stringbool({ error: 'must be true or false' });

/** Comma-separated; white space around an item does not count. */
export const list = z.string().transform((value) => items(value));

const items = (value: string): readonly string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** An https URL, or http on a loopback host; its path ends in `/` so that paths can be resolved against it. */
export const publicUrl = z.string().transform((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const wrong = url === undefined ? 'must be a URL such as https://bridge.example.com' : publicUrlFault(url);
  if (url === undefined || wrong !== undefined) {
    context.addIssue({ code: 'custom', message: wrong ?? 'must be a URL' });
    return z.NEVER;
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
});

function publicUrlFault(url: URL): string | undefined {
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (url.search !== '' || url.hash !== '') return 'must end after the path: no ? and no #';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'must begin with https://';
  return loopback.test(url.hostname)
    ? undefined
    : 'must begin with https://, since platforms call webhooks over TLS only (http is for loopback hosts)';
}

/** Express's `trust proxy`: true, false, a number of hops, or the proxies' addresses. */
export const trustProxy = z.string().transform((value, context): boolean | number | string => {
  if (value === 'true' || value === 'false') return value === 'true';
  if (/^\d{1,2}$/.test(value)) return Number(value);
  const addresses = items(value);
  if (addresses.length > 0 && addresses.every(isProxy)) return addresses.join(', ');
  context.addIssue({
    code: 'custom',
    message: 'must be true, false, a number of proxies, or a list of addresses, networks, loopback, linklocal, uniquelocal',
  });
  return z.NEVER;
});

function isProxy(item: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(item)) return true;
  const [address = '', bits] = item.split('/');
  return isIP(address) !== 0 && (bits === undefined || /^\d{1,3}$/.test(bits));
}

/** Origins as a browser sends them: scheme, host and port, nothing after. */
export const origins = list.refine(
  (value) => value.every((item) => item === '*' || (URL.canParse(item) && new URL(item).origin === item)),
  'must be origins such as https://app.example.com, separated by commas, without a path or a slash at the end',
);

/** An address of this machine to listen on. */
export const address = z.string().refine((value) => value === 'localhost' || isIP(value) !== 0, 'must be an IP address, or localhost');

/** Host and port, for Redis Sentinel. */
export const hostPorts = list.transform((value, context) => {
  const nodes = value.map((item) => /^(?<host>[^\s:/@]+|\[[0-9a-f:]+\]):(?<port>\d{1,5})$/i.exec(item)?.groups);
  return nodes.map((node) => {
    if (node?.['host'] !== undefined && node['port'] !== undefined)
      return { host: node['host'].replace(/^\[|\]$/g, ''), port: Number(node['port']) };
    context.addIssue({ code: 'custom', message: 'must be host:port, separated by commas' });
    return z.NEVER;
  });
});

/** Part of every Redis key: letters, digits, `_` and `-`, so that it cannot collide with a separator or a hash tag. */
export const keyPrefix = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 letters, digits, _ or -');

/**
 * A password, or its hash: `scrypt$<N>$<r>$<p>$<salt>$<hash>`, the last two in base64url. A hash that does not parse is refused
 * here, since it would otherwise pass for a password that nobody meant.
 */
export const consolePassword = z
  .string()
  .refine(
    (value) => !value.startsWith('scrypt$') || /^scrypt\$\d{4,7}\$\d{1,2}\$\d{1,2}\$[\w-]{16,}\$[\w-]{32,}$/.test(value),
    'must be a password, or the whole line that `npx bridge hash-password` prints (in .env in single quotes, since it holds $)',
  );
