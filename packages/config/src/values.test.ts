import { describe, expect, it } from 'vitest';
import { address, consolePassword, flag, hostPorts, keyPrefix, list, origins, port, publicUrl, trustProxy } from './values.ts';

const words = (result: { success: boolean; error?: { issues: readonly { message: string }[] } | undefined }): string =>
  result.success ? 'valid' : (result.error?.issues.map((issue) => issue.message).join() ?? '');

describe('port', () => {
  it.each([
    ['0', 0],
    ['3000', 3000],
    ['65535', 65_535],
  ])('%s', (text, value) => expect(port.parse(text)).toBe(value));
  it.each(['65536', '-1', '3000x', '3.5', ' 1', '1e3', '999999'])('refuses %s', (text) =>
    expect(words(port.safeParse(text))).toContain('port number, 0 to 65535'),
  );
});

describe('flag', () => {
  it.each([
    ['true', true],
    ['1', true],
    ['yes', true],
    ['TRUE', true],
    ['false', false],
    ['0', false],
    ['off', false],
  ])('%s', (text, value) => expect(flag.parse(text)).toBe(value));
  it('refuses anything else', () => expect(words(flag.safeParse('maybe'))).toBe('must be true or false'));
});

describe('publicUrl', () => {
  it.each([
    ['https://bridge.example.com', 'https://bridge.example.com/'],
    ['https://example.com/bridge', 'https://example.com/bridge/'],
    ['https://example.com/bridge/', 'https://example.com/bridge/'],
    ['http://localhost:3000', 'http://localhost:3000/'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000/'],
    ['http://[::1]:3000', 'http://[::1]:3000/'],
  ])('%s', (text, href) => expect(publicUrl.parse(text).href).toBe(href));
  it.each([
    ['bridge.example.com', 'must be a URL'],
    ['http://bridge.example.com', 'must begin with https://'],
    ['http://127.0.0.1.evil.com', 'must begin with https://'],
    ['ftp://example.com', 'must begin with https://'],
    ['https://me:pw@example.com', 'user name or password'],
    ['https://example.com/?a=1', 'no ? and no #'],
  ])('refuses %s', (text, message) => expect(words(publicUrl.safeParse(text))).toContain(message));
});

describe('trustProxy', () => {
  it.each([
    ['true', true],
    ['false', false],
    ['2', 2],
    ['loopback', 'loopback'],
    ['10.0.0.0/8,::1', '10.0.0.0/8, ::1'],
  ])('%s', (text, value) => expect(trustProxy.parse(text)).toBe(value));
  it.each(['nginx', '10.0.0.0/x', ','])('refuses %s', (text) => expect(words(trustProxy.safeParse(text))).toContain('number of proxies'));
});

describe('lists', () => {
  it('drops white space and empty items', () => expect(list.parse(' a, b ,,c ')).toEqual(['a', 'b', 'c']));
  it('takes origins', () =>
    expect(origins.parse('https://a.example,http://localhost:5173')).toEqual(['https://a.example', 'http://localhost:5173']));
  it.each(['https://a.example/', 'a.example', 'https://a.example/x'])('refuses the origin %s', (text) =>
    expect(words(origins.safeParse(text))).toContain('must be origins'),
  );
  it('takes hosts with ports', () =>
    expect(hostPorts.parse('a:1, [::1]:2')).toEqual([
      { host: 'a', port: 1 },
      { host: '::1', port: 2 },
    ]));
  it.each(['a', 'a:b', 'u@h:1', 'redis://a:1'])('refuses the node %s', (text) =>
    expect(words(hostPorts.safeParse(text))).toContain('host:port'),
  );
});

describe('names and addresses', () => {
  it.each(['127.0.0.1', '::', 'localhost'])('listens on %s', (text) => expect(address.parse(text)).toBe(text));
  it('refuses a machine’s name, as shells put into HOST', () => expect(words(address.safeParse('my-machine'))).toContain('IP address'));
  it.each(['a:b', '{a}', '', 'x'.repeat(41)])('refuses the prefix %j', (text) =>
    expect(words(keyPrefix.safeParse(text))).toContain('letters, digits'),
  );
});

describe('consolePassword', () => {
  const hash = `scrypt$16384$8$1$${'a'.repeat(22)}$${'b'.repeat(43)}`;
  it.each(['a password', hash, 'scryptic'])('takes %s', (value) => expect(consolePassword.parse(value)).toBe(value));
  it.each(['scrypt$', hash.slice(0, -20), 'scrypt$16384$8$1', hash.replaceAll('$', '$ ')])(
    'refuses what only looks like a hash: %s',
    (value) => expect(consolePassword.safeParse(value).error?.issues[0]?.message).toContain('npx bridge hash-password'),
  );
});
