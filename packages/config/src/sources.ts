import type { Setting } from '@bridge/core';
import { parseDotenv, type DotenvEntry } from './dotenv.ts';
import type { Problem } from './problem.ts';
import { shownPath } from './shown.ts';

/**
 * Text of a file named relative to the working directory; undefined when it is not there.
 * @throws an error with `code`, such as EACCES, when it is there and cannot be read.
 */
export type ReadFile = (path: string) => string | undefined;

/** Where a value came from. */
export type Origin =
  | { readonly kind: 'environment' }
  | { readonly kind: 'dotenv'; readonly file: string; readonly line: number }
  /** Named by NAME_FILE. */
  | { readonly kind: 'file'; readonly path: string };

/** A value as it stands in the environment; never empty, since an empty variable counts as not set. */
export interface RawValue {
  readonly value: string;
  readonly origin: Origin;
}

/** Every variable there is, and what went wrong in reading them. */
export interface Sources {
  readonly values: ReadonlyMap<string, RawValue>;
  /** Values of secrets, wherever they stand; nothing that holds one of them may be printed. */
  readonly secrets: readonly string[];
  readonly problems: readonly Problem[];
}

export interface SourceOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: ReadFile;
  /** Name of the `.env` file; false to look at the process's environment only. */
  readonly dotenv: string | false;
  readonly settings: readonly Setting[];
}

/** Lays the process's environment over `.env`, and reads the files that NAME_FILE variables of secrets point at. */
export function readSources(options: SourceOptions): Sources {
  const dotenv = readDotenv(options);
  const values = new Map<string, RawValue>();
  for (const entry of dotenv.entries)
    values.set(entry.name, { value: entry.value, origin: { kind: 'dotenv', file: String(options.dotenv), line: entry.line } });
  for (const [name, value] of Object.entries(options.env)) {
    if (value !== undefined) values.set(name, { value, origin: { kind: 'environment' } });
  }
  for (const [name, raw] of values) if (raw.value.trim() === '') values.delete(name);
  const secretNames = options.settings.filter((setting) => setting.secret === true).map((setting) => setting.env);
  const given = secretNames.flatMap((name) => values.get(name)?.value ?? []);
  const problems = [...dotenv.problems];
  for (const name of secretNames) problems.push(...readSecretFile(name, values, { ...options, given }));
  const secrets = new Set([...given, ...secretNames.flatMap((name) => values.get(name)?.value ?? [])]);
  return { values, secrets: [...secrets], problems };
}

function readDotenv(options: SourceOptions): { entries: readonly DotenvEntry[]; problems: readonly Problem[] } {
  if (options.dotenv === false) return { entries: [], problems: [] };
  const file = options.dotenv;
  try {
    const text = options.readFile(file);
    return text === undefined ? { entries: [], problems: [] } : parseDotenv(text, file);
  } catch (error) {
    return {
      entries: [],
      problems: [
        { file, message: `${file} is there but cannot be read (${codeOf(error)})`, fix: `let the user that runs the bridge read ${file}` },
      ],
    };
  }
}

type SecretFileOptions = SourceOptions & { readonly given: readonly string[] };

/** Puts the secret of NAME_FILE into `values` under NAME; returns what went wrong. */
function readSecretFile(name: string, values: Map<string, RawValue>, options: SecretFileOptions): Problem[] {
  const variable = `${name}_FILE`;
  const pointer = values.get(variable);
  if (pointer === undefined) return [];
  if (values.has(name)) {
    return [{ ...placeOfOrigin(pointer.origin), variable, message: `${name} and ${variable} are both set`, fix: `remove one of the two` }];
  }
  const path = shownPath(pointer.value, options.given);
  const problem = (message: string, fix: string): Problem[] => [{ ...placeOfOrigin(pointer.origin), variable, message, fix }];
  try {
    const text = options.readFile(pointer.value);
    if (text === undefined)
      return problem(
        `${variable} names a file that is not there: ${path}`,
        `create that file with the value of ${name} in it, or correct the path`,
      );
    const value = text.replace(/(\r?\n)+$/, '');
    if (value.trim() === '') return problem(`${variable} names a file that is empty: ${path}`, `write the value of ${name} into it`);
    values.set(name, { value, origin: { kind: 'file', path: pointer.value } });
    return [];
  } catch (error) {
    return problem(
      `${variable} names a file that cannot be read (${codeOf(error)}): ${path}`,
      'let the user that runs the bridge read that file',
    );
  }
}

/** A value's line in `.env`, for a problem with it. */
export function placeOfOrigin(origin: Origin | undefined): Pick<Problem, 'file' | 'line'> {
  return origin?.kind === 'dotenv' ? { file: origin.file, line: origin.line } : {};
}

/** Only the code: an error's own sentence may repeat the path, which may be a secret put in the wrong place. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}
