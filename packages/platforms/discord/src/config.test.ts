import { describe, expect, test } from 'vitest';
import { conversationOf, idFromToken, identityOf, member, memberExample, settings } from './config.ts';
import { applicationId, token } from './fixtures/payloads.ts';

const problemOf = (value: unknown): string => member.safeParse(value).error?.issues[0]?.message ?? '';

describe('a member', () => {
  test('is a channel id in quotes, and that is its conversation', () => {
    expect(conversationOf(member.parse({ channel: '1424612739296530453' }))).toBe('1424612739296530453');
    expect(memberExample).toContain('channel: "');
  });
  test('a number is refused with what to write instead', () => void expect(problemOf({ channel: 1_424_612_739 })).toContain('quotes'));
  test('letters are refused with where to find the id', () => void expect(problemOf({ channel: 'general' })).toContain('Copy Channel ID'));
  test('nothing at all too', () => void expect(problemOf({})).toContain('Copy Channel ID'));
});

describe('settings', () => {
  test('an API URL is taken with or without a slash or version at the end', () => {
    expect(settings.apiUrl.schema.parse('http://127.0.0.1:9002/api/')).toBe('http://127.0.0.1:9002/api');
    expect(settings.apiUrl.schema.parse('https://discord.com/api/v10')).toBe('https://discord.com/api');
    expect(settings.apiUrl.schema.safeParse('ftp://discord.com').success).toBe(false);
  });
  test('a token is not printed by what refuses it', () => {
    const result = settings.token.schema.safeParse('with spaces and secret');
    expect(result.error?.message).not.toContain('secret');
  });
  test('a public key is 64 hexadecimal digits', () => {
    expect(settings.publicKey.schema.safeParse('ab'.repeat(32)).success).toBe(true);
    expect(settings.publicKey.schema.safeParse('ab'.repeat(31)).success).toBe(false);
  });
});

describe('who we are', () => {
  test('is read from the token', () => {
    expect(idFromToken(token)).toBe(applicationId);
    expect(identityOf({ token, applicationId: undefined })).toEqual({ applicationId, own: new Set([applicationId]) });
  });
  test('an application of its own id has two', () => {
    expect(identityOf({ token, applicationId: '99' })).toEqual({ applicationId: '99', own: new Set([applicationId, '99']) });
  });
  test('a token that holds no id names nobody', () => {
    expect(identityOf({ token: 'a-token', applicationId: undefined })).toEqual({ applicationId: undefined, own: new Set() });
  });
});
