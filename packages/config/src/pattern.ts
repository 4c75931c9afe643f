import type { Pattern } from '@bridge/core';
import { RE2JS } from 're2js';

/** What is wrong with a pattern of `ignoreMessages`, in a few words; undefined when nothing is. */
export function patternFault(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read';
  }
}

/**
 * Makes a pattern that was found faultless into what finds it. RE2 takes time linear in the text, whatever the pattern:
 * with JavaScript's own engine one message could hang the router.
 */
export function patternOf(pattern: string): Pattern {
  const compiled = RE2JS.compile(pattern);
  return (text) => compiled.matcher(text).find();
}
