import type { Log } from '@bridge/core';
import type { Recorder } from './tracing-sdk.ts';

/** Ids, kinds and counts; never a URL, a person's name or anybody's words. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly name: string;
  /** `server`: asked from outside; `consumer`: taken from a queue; `client`: asks a platform. */
  readonly kind: 'server' | 'consumer' | 'client';
  /** `traceparent` of the span that led to this, as it came through a queue; without it, the span that is open around this one. */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
}

/** A span that is open. */
export interface OpenSpan {
  /** What goes along through a queue, so that what follows belongs to the same trace; undefined while tracing is off. */
  readonly traceparent: string | undefined;
  set(attributes: SpanAttributes): void;
  /** The work failed without a throw. `words` must be a sentence of ours: a DeliveryError's own. */
  fail(words?: string): void;
}

export interface TracingOptions {
  readonly version: string;
  readonly roles: readonly string[];
  /** Known secret values, which are cut out of an error's words. */
  readonly secrets: readonly string[];
  readonly log: Log;
}

/** Traces of a process. */
export interface Tracing {
  readonly on: boolean;
  /** Sends what is recorded, and gives up after `graceMs`. Never rejects. */
  stop(graceMs: number): Promise<void>;
}

const off: Tracing = { on: false, stop: () => Promise.resolve() };
const unrecorded: OpenSpan = { traceparent: undefined, set: () => undefined, fail: () => undefined };

let recorder: Recorder | undefined;

/**
 * Runs `work` within a span, which ends with it; a throw marks the span as failed and goes on. Calls `work` and nothing else
 * while tracing is off.
 */
export function inSpan<T>(options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T> {
  return recorder === undefined ? work(unrecorded) : recorder.inSpan(options, work);
}

/** What ties a log line to the span that is open around it, under OpenTelemetry's names; nothing while tracing is off. */
export const traceFields = (): Record<string, string> => recorder?.fields() ?? {};

/**
 * Begins to record and send spans when the standard variables of OpenTelemetry name a collector; until then nothing of it is
 * loaded. What is wrong with them is a warning in the log: a bridge runs without traces.
 * @param env the variables, wherever they were set; `OTEL_*` of them are put into the process's own environment, as the
 * library reads them there and nowhere else
 */
export async function startTracing(env: Readonly<Record<string, string | undefined>>, options: TracingOptions): Promise<Tracing> {
  if (!isWanted(env)) return off;
  for (const [name, value] of Object.entries(env)) if (name.startsWith('OTEL_') && value !== undefined) process.env[name] ??= value;
  if ((env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL']) === 'grpc')
    options.log.warn({}, 'OTEL_EXPORTER_OTLP_PROTOCOL says grpc, and spans go over HTTP; name the collector’s HTTP port, usually 4318');
  try {
    const { createRecorder } = await import('./tracing-sdk.ts');
    const started = createRecorder(options);
    recorder = started;
    return {
      on: true,
      stop: async (graceMs) => {
        recorder = undefined;
        await started.stop(graceMs);
      },
    };
  } catch (error) {
    options.log.warn({ err: error }, 'tracing could not be started; look at the OTEL_* variables');
    return off;
  }
}

function isWanted(env: Readonly<Record<string, string | undefined>>): boolean {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  const refused = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER']?.trim() === 'none';
  return endpoint.trim() !== '' && !refused;
}
