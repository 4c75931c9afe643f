import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Everything this process counts. Names and units by Prometheus convention. */
export interface Metrics {
  readonly registry: Registry;
  readonly accepted: Counter<'platform' | 'result'>;
  readonly ignored: Counter<'platform' | 'reason'>;
  readonly refused: Counter<'platform' | 'status'>;
  readonly dropped: Counter<'platform' | 'reason'>;
  readonly attempts: Counter<'platform' | 'outcome'>;
  readonly limited: Counter<'platform'>;
  readonly stickers: Counter<'platform' | 'result'>;
  readonly attemptSeconds: Histogram<'platform'>;
  readonly bridgeSeconds: Histogram<'source' | 'target'>;
  readonly sourceConnected: Gauge<'platform'>;
  /** From then on, each scrape asks `look` for what waits. One that rejects leaves these gauges empty, and the rest as it is. */
  observeQueues(look: () => Promise<readonly QueueState[]>): void;
}

/** What waits in one queue, for the gauges. */
export interface QueueState {
  /** `inbound`, or `outbound-<platform>`. */
  readonly queue: string;
  readonly waiting: number;
  readonly oldestWaitingMs: number;
  readonly dead: number;
  /** Set while the platform is paused. */
  readonly pausedReason?: string;
}

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** A registry of its own, so that two of them fit into one process (tests, sandbox). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) => new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Histogram({ name, help, labelNames, buckets: latencyBuckets, registers });
  return {
    registry,
    accepted: counter('bridge_events_accepted_total', 'Events that Redis took, by platform and result (accepted, duplicate).', [
      'platform',
      'result',
    ]),
    ignored: counter('bridge_events_ignored_total', 'Authentic events that carry nothing for a bridge, by reason.', ['platform', 'reason']),
    refused: counter('bridge_webhooks_refused_total', 'Webhook requests not answered with 200, by status.', ['platform', 'status']),
    dropped: counter('bridge_events_dropped_total', 'Accepted events that a written rule dropped, by reason.', ['platform', 'reason']),
    attempts: counter('bridge_delivery_attempts_total', 'Delivery attempts, by outcome.', ['platform', 'outcome']),
    limited: counter('bridge_deliveries_limited_total', 'Times that a conversation was made to wait, to stay below an outgoing limit.', [
      'platform',
    ]),
    stickers: counter(
      'bridge_stickers_total',
      'WebP stickers to be shown as PNG, by the platform that they come from and result (converted; else they went as they are: animated, too-large, not-webp, failed).',
      ['platform', 'result'],
    ),
    attemptSeconds: histogram('bridge_delivery_attempt_seconds', 'Time from taking a delivery up to its outcome.', ['platform']),
    bridgeSeconds: histogram('bridge_message_seconds', 'Time from accepting an event to its delivery.', ['source', 'target']),
    sourceConnected: new Gauge({
      name: 'bridge_source_connected',
      help: '1 while the connection that brings events in is up.',
      labelNames: ['platform'],
      registers,
    }),
    observeQueues: (look) => observeQueues(registers, look),
  };
}

/** One look serves all four gauges, and scrapes that come at the same time. */
function observeQueues(registers: Registry[], look: () => Promise<readonly QueueState[]>): void {
  let underWay: Promise<readonly QueueState[]> | undefined;
  const states = () => {
    underWay ??= look()
      .catch(() => [])
      .finally(() => (underWay = undefined));
    return underWay;
  };
  for (const { name, help, value } of queueGauges) {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['queue'],
      registers,
      async collect() {
        const now = await states();
        gauge.reset();
        for (const state of now) gauge.set({ queue: state.queue }, value(state));
      },
    });
  }
}

const queueGauges: readonly { readonly name: string; readonly help: string; readonly value: (state: QueueState) => number }[] = [
  { name: 'bridge_queue_waiting_messages', help: 'Messages that wait in a queue.', value: ({ waiting }) => waiting },
  {
    name: 'bridge_queue_oldest_waiting_seconds',
    help: 'How long the longest non-empty conversation of a queue has been waiting.',
    value: ({ oldestWaitingMs }) => oldestWaitingMs / 1_000,
  },
  {
    name: 'bridge_dead_letters',
    help: 'Messages of a queue that could not be delivered and wait for somebody to decide.',
    value: ({ dead }) => dead,
  },
  {
    name: 'bridge_queue_paused',
    help: '1 while a platform refuses the credential, so that its queue is paused.',
    value: ({ pausedReason }) => (pausedReason === undefined ? 0 : 1),
  },
];
