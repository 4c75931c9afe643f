import { type FormProblem, formError } from './api-error.ts';
import { isList, isRecord } from './json.ts';
import { isSnowflake } from './snowflake.ts';

type Path = readonly (string | number)[];

/** Bounds of a text, in Unicode code points, which is how Discord counts (its API is Python). */
export interface TextBounds {
  readonly min?: number;
  readonly max: number;
}

/**
 * Reads the fields of a request and gathers what is wrong with them, in Discord's codes and words. A reader returns
 * undefined for a field that is absent, null or wrong; ask `done()` before believing it.
 */
export class Form {
  readonly #fields: Record<string, unknown>;
  readonly #path: Path;
  readonly #problems: FormProblem[];

  constructor(fields: Record<string, unknown>, path: Path = [], problems: FormProblem[] = []) {
    this.#fields = fields;
    this.#path = path;
    this.#problems = problems;
  }

  /** @throws {ApiError} 50035 when any field was wrong. */
  done(): void {
    if (this.#problems.length > 0) throw formError(this.#problems);
  }

  /** True where the field was sent, even as null. */
  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  isNull(name: string): boolean {
    return this.#fields[name] === null;
  }

  /** A problem that the readers do not know of; of the whole object for an empty name. */
  problem(name: string, code: string, message: string): undefined {
    this.#problems.push({ path: name === '' ? this.#path : [...this.#path, name], code, message });
    return undefined;
  }

  /** A field that must be there and not null. */
  require(name: string): boolean {
    if (this.has(name) && !this.isNull(name)) return true;
    this.problem(name, 'BASE_TYPE_REQUIRED', 'This field is required');
    return false;
  }

  text(name: string, bounds: TextBounds): string | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.problem(name, 'STRING_TYPE_CONVERT', `Could not interpret "${show(value)}" as string.`);
    const length = codePoints(value);
    const { min = 0, max } = bounds;
    if (length >= min && length <= max) return value;
    return min > 0
      ? this.problem(name, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
      : this.problem(name, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`);
  }

  /** Takes decimal text as well, as query strings have nothing else. */
  integer(name: string, bounds: { readonly min?: number; readonly max?: number } = {}): number | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number))
      return this.problem(name, 'NUMBER_TYPE_COERCE', `Value "${show(value)}" is not int.`);
    if (bounds.min !== undefined && number < bounds.min)
      return this.problem(name, 'NUMBER_TYPE_MIN', `int value should be greater than or equal to ${bounds.min}.`);
    if (bounds.max !== undefined && number > bounds.max)
      return this.problem(name, 'NUMBER_TYPE_MAX', `int value should be less than or equal to ${bounds.max}.`);
    return number;
  }

  boolean(name: string): boolean | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined || typeof value === 'boolean') return value;
    // The forms that Discord takes in query strings. Source: API reference, "Boolean Query Strings".
    if (value === 'true' || value === 'True' || value === '1') return true;
    if (value === 'false' || value === 'False' || value === '0') return false;
    return this.problem(name, 'BOOLEAN_TYPE_CONVERT', 'Must be either true or false.');
  }

  snowflake(name: string): string | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value === 'string' && isSnowflake(value)) return value;
    return this.problem(name, 'NUMBER_TYPE_COERCE', `Value "${show(value)}" is not snowflake.`);
  }

  snowflakes(name: string, max: number): readonly string[] | undefined {
    return this.list(name, max)?.flatMap((value, index) => {
      if (typeof value === 'string' && isSnowflake(value)) return [value];
      this.#problems.push({
        path: [...this.#path, name, index],
        code: 'NUMBER_TYPE_COERCE',
        message: `Value "${show(value)}" is not snowflake.`,
      });
      return [];
    });
  }

  list(name: string, max: number): readonly unknown[] | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    if (!isList(value)) return this.problem(name, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType');
    if (value.length > max) return this.problem(name, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`);
    return value;
  }

  /** A nested object, whose problems are gathered here. */
  object(name: string): Form | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    if (isRecord(value)) return new Form(value, [...this.#path, name], this.#problems);
    return this.problem(name, 'MODEL_TYPE_CONVERT', 'Only dictionaries may be used in a ModelType');
  }

  /** A list of objects, whose problems are gathered here. */
  objects(name: string, max: number): readonly Form[] | undefined {
    return this.list(name, max)?.flatMap((value, index) => {
      const path = [...this.#path, name, index];
      if (isRecord(value)) return [new Form(value, path, this.#problems)];
      this.#problems.push({ path, code: 'MODEL_TYPE_CONVERT', message: 'Only dictionaries may be used in a ModelType' });
      return [];
    });
  }

  /** Each element must be one of `choices`. */
  choices<T extends string>(name: string, choices: readonly T[]): readonly T[] | undefined {
    return this.list(name, Number.POSITIVE_INFINITY)?.flatMap((value, index) => {
      const known = choices.find((choice) => choice === value);
      if (known !== undefined) return [known];
      const message = `Value must be one of {${choices.map((choice) => `'${choice}'`).join(', ')}}.`;
      this.#problems.push({ path: [...this.#path, name, index], code: 'BASE_TYPE_CHOICES', message });
      return [];
    });
  }

  /** An http or https URL. */
  url(name: string): string | undefined {
    const value = this.text(name, { max: 2048 });
    if (value === undefined || value === '') return undefined;
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase();
    if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
      return this.problem(name, 'URL_TYPE_INVALID_SCHEME', `Scheme "${scheme}" must be one of ('http', 'https').`);
    return URL.canParse(value) ? value : this.problem(name, 'URL_TYPE_INVALID_URL', 'Not a well formed URL.');
  }

  /** The field as it was sent, unchecked. */
  raw(name: string): unknown {
    return this.#fields[name];
  }
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The length of a text as Discord counts it. */
export const codePoints = (text: string): number => text.length - (text.match(surrogatePairs)?.length ?? 0);

const surrogatePairs = /[\ud800-\udbff][\udc00-\udfff]/g;
