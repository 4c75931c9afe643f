import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** @typedef {string | number | null | Error | readonly unknown[]} Reply */

/**
 * Sends one command to a Redis and gives its answer: all that set-up has to know, before the real client is installed.
 *
 * @param {string} url `redis://` or `rediss://`, with user and password where needed
 * @param {readonly string[]} command
 * @param {{ timeoutMs?: number }} [options]
 * @returns {Promise<unknown>} rejects where nothing answers in time, and with the server's own words where it refuses
 */
export async function redisCommand(url, command, { timeoutMs = 3_000 } = {}) {
  const { username, password } = new URL(url);
  const secret = decodeURIComponent(password);
  const auth = secret === '' ? [] : [['AUTH', ...(username === '' ? [] : [decodeURIComponent(username)]), secret]];
  const replies = await converse(url, [...auth, command], timeoutMs);
  const refused = replies.find((reply) => reply instanceof Error);
  if (refused !== undefined) throw refused;
  return replies.at(-1);
}

/** @param {string} url */
function open(url) {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const address = { host, port: Number(port || 6379) };
  return protocol === 'rediss:' ? connectTls({ ...address, servername: host }) : connectTcp(address);
}

/**
 * @param {string} url
 * @param {readonly (readonly string[])[]} commands
 * @param {number} timeoutMs
 * @returns {Promise<unknown[]>}
 */
function converse(url, commands, timeoutMs) {
  return new Promise((resolve, reject) => {
    const socket = open(url);
    let received = '';
    /** @param {Error} error */
    const fail = (error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => fail(new Error('no answer in time')));
    socket.once('error', fail);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      // Latin 1 keeps one character per byte, which is what the lengths in the protocol count.
      received += chunk.toString('latin1');
      const replies = parseReplies(received);
      if (replies.length < commands.length && !replies.some((reply) => reply instanceof Error)) return;
      resolve(replies);
      socket.destroy();
    });
    socket.write(commands.map(encode).join(''));
  });
}

/** @param {readonly string[]} command */
function encode(command) {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

/**
 * @param {string} text
 * @returns {unknown[]} the replies that have arrived whole
 */
export function parseReplies(text) {
  const replies = [];
  for (let at = 0; ; ) {
    const parsed = parseOne(text, at);
    if (parsed === undefined) return replies;
    replies.push(parsed.value);
    at = parsed.next;
  }
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {{ value: unknown, next: number } | undefined} undefined while the reply is not complete
 */
function parseOne(text, at) {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const line = text.slice(at + 1, end);
  const next = end + 2;
  switch (text[at]) {
    case '+':
      return { value: line, next };
    case '-':
      return { value: new Error(line), next };
    case ':':
      return { value: Number(line), next };
    case '$':
      return parseBulk(text, next, Number(line));
    case '*':
      return parseArray(text, next, Number(line));
    default:
      return { value: new Error('the answer is not Redis'), next: text.length };
  }
}

/** @param {string} text @param {number} start @param {number} length */
function parseBulk(text, start, length) {
  if (length < 0) return { value: null, next: start };
  const end = start + length;
  return text.length < end + 2 ? undefined : { value: text.slice(start, end), next: end + 2 };
}

/** @param {string} text @param {number} start @param {number} count */
function parseArray(text, start, count) {
  const values = [];
  let next = start;
  while (values.length < count) {
    const parsed = parseOne(text, next);
    if (parsed === undefined) return undefined;
    values.push(parsed.value);
    next = parsed.next;
  }
  return { value: values, next };
}
