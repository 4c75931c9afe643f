import type { Answer } from '../shared/answer.ts';
import type { Acts } from './acts.ts';
import type { Attachments } from './attachments.ts';
import type { UploadedFile } from './body.ts';
import type { Form } from './form.ts';
import type { Nonces } from './nonces.ts';
import type { Bucket } from './rate-limits.ts';
import { isSnowflake } from './snowflake.ts';
import type { World } from './world.ts';

/** What the handlers of calls work on. */
export interface ApiHost {
  readonly world: World;
  readonly acts: Acts;
  readonly attachments: Attachments;
  readonly nonces: Nonces;
  /** Whether the application may read message content. */
  readonly readsContent: boolean;
  /** Switches the intent on, as an application of few servers may do by itself. */
  allowMessageContent(): void;
  /** `ws://<host>:<port>` */
  gatewayUrl(): string;
  /** Identifies left, and milliseconds until there are new ones. */
  identifyBudget(): { readonly total: number; readonly remaining: number; readonly resetAfterMs: number };
}

/** A call, with the path's parameters checked. */
export interface ApiCall {
  readonly host: ApiHost;
  /** The value of a path's parameter. */
  param(name: string): string;
  readonly query: Form;
  readonly body: Form;
  readonly files: readonly UploadedFile[];
}

/** A route of the API. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the version; a segment that begins with `:` is a parameter, and one that ends in `_id` must be a snowflake. */
  readonly path: string;
  /** False where a webhook's token in the path is all that it takes, or nothing at all. */
  readonly auth?: false;
  readonly bucket?: Bucket;
  /** @throws {ApiError} */
  readonly run: (call: ApiCall) => Answer;
}

/** A route that fits a path. */
export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** `methodNotAllowed` when the path is known and the method is not. */
export type Lookup = RouteMatch | 'unknown' | 'methodNotAllowed';

/** Finds routes by method and path. Each path begins with a word, not with a parameter. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Lookup {
  const byShape = Map.groupBy(
    routes.map((route) => ({ route, segments: route.path.split('/') })),
    ({ segments }) => shapeOf(segments),
  );
  return (method, path) => {
    const segments = path.split('/');
    let found: Lookup = 'unknown';
    for (const candidate of byShape.get(shapeOf(segments)) ?? []) {
      const params = match(candidate.segments, segments);
      if (params === undefined) continue;
      if (candidate.route.method === method) return { route: candidate.route, params };
      found = 'methodNotAllowed';
    }
    return found;
  };
}

/** What a path must share with a route's to fit: the word that it begins with, and how long it is. */
const shapeOf = (segments: readonly string[]): string => `${segments[1] ?? ''} ${segments.length}`;

/** The parameters of a path that are not the snowflakes they should be. */
export function badIds(params: Readonly<Record<string, string>>): readonly { readonly name: string; readonly value: string }[] {
  const bad = Object.entries(params).filter(([name, value]) => name.endsWith('_id') && !isSnowflake(value));
  return bad.map(([name, value]) => ({ name, value }));
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}

/** 200 with a body. */
export const ok = (body: unknown): Answer => ({ status: 200, body });

/** 204. */
export const noContent: Answer = { status: 204 };
