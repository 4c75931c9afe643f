// Loaded by tracing.ts, and only when traces are wanted: it brings some hundred modules along.
import { DeliveryError, scrubber } from '@bridge/core';
import {
  type Context,
  type Span,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  context,
  propagation,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { OpenSpan, SpanOptions, TracingOptions } from './tracing.ts';

export interface Recorder {
  inSpan<T>(options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** Ids of the span that is open around the caller, in an object of the caller's own. */
  fields(): Record<string, string>;
  stop(graceMs: number): Promise<void>;
}

const kinds = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, client: SpanKind.CLIENT } as const;
/** A collector that is away would otherwise be told of every few seconds. */
const quietMs = 300_000;

/** Sampler, limits, endpoint, headers and time-outs are read from `OTEL_*` by the library itself. */
export function createRecorder({ version, roles, secrets, log }: TracingOptions): Recorder {
  const ours = { 'service.name': 'cometchat-integrations', 'service.version': version, 'process.pid': process.pid };
  const resource = resourceFromAttributes({ ...ours, 'bridge.roles': roles.join(',') });
  const provider = new NodeTracerProvider({
    resource: resource.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(sparing(new OTLPTraceExporter(), log))],
  });
  provider.register();
  const tracer = provider.getTracer('cometchat-integrations', version);
  const clean = scrubber(secrets);
  return {
    inSpan: (options, work) => {
      const { name, kind, attributes = {} } = options;
      return tracer.startActiveSpan(name, { kind: kinds[kind], attributes }, parentOf(options), (span) => carry(span, clean, work));
    },
    fields: (): Record<string, string> => {
      const open = trace.getActiveSpan()?.spanContext();
      return open === undefined ? {} : { trace_id: open.traceId, span_id: open.spanId };
    },
    stop: (graceMs) => within(graceMs, provider.shutdown()).finally(forget),
  };
}

async function carry<T>(span: Span, clean: (text: string) => string, work: (span: OpenSpan) => Promise<T>): Promise<T> {
  const fail = (words?: string) => {
    span.setStatus({ code: SpanStatusCode.ERROR, ...(words === undefined ? {} : { message: clean(words) }) });
  };
  try {
    return await work({ traceparent: traceparentOf(span), set: (attributes) => void span.setAttributes(attributes), fail });
  } catch (error) {
    // Other errors' words are not ours: those of HTTP clients carry URLs.
    fail(error instanceof DeliveryError ? error.message : undefined);
    if (error instanceof Error) span.setAttribute('error.type', error.name);
    throw error;
  } finally {
    span.end();
  }
}

/** Also of a span that the sampler left out: what follows is then left out as well, instead of being half a trace. */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`;
}

function parentOf({ parent }: SpanOptions): Context {
  if (parent === undefined) return context.active();
  const [, traceId = '', spanId = '', flags = '00'] = parent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true });
}

/** Says once in a while that spans are lost, without the error's own words, which may hold the collector's address or answer. */
function sparing(exporter: OTLPTraceExporter, log: TracingOptions['log']): SpanExporter {
  let toldAt = Number.NEGATIVE_INFINITY;
  let lost = 0;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined) {
          lost += spans.length;
          if (performance.now() - toldAt >= quietMs) {
            toldAt = performance.now();
            log.warn(
              { spans: lost, reason: result.error.name },
              'spans could not be sent to the collector; look at it and at OTEL_EXPORTER_OTLP_ENDPOINT',
            );
            lost = 0;
          }
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}

async function within(graceMs: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, graceMs);
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}

/** So that tracing can be started again in the same process. */
function forget(): void {
  trace.disable();
  context.disable();
  propagation.disable();
}
