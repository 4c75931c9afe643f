import type { Bridge, BridgeIndex, Log, Platform, PlatformId, PlatformInstance, SourceStatus } from '@bridge/core';
import type { Metrics, Readiness } from '@bridge/observability';
import type { Limiter, Queues } from '@bridge/queue';
import type { Checkpoints, Copies, Flow, Heartbeat, Journeys, Leases, Moves, Reactions, Sightings, TypingSigns } from '@bridge/store';
import type { RoleName } from './discovery.ts';
import type { Examined } from './doctor.ts';
import type { Media } from './media.ts';

/** A platform that is configured, with what this process uses of it. */
export interface ActivePlatform {
  readonly platform: Platform;
  readonly instance: PlatformInstance;
}

/** The bridges in force. */
export interface BridgesView {
  /** What is in force now; changes when bridges.yaml does. */
  readonly index: () => BridgeIndex;
  readonly list: () => readonly Bridge[];
}

/** Where and how ingress serves. */
export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  readonly trustProxy?: boolean | number | string;
  readonly corsOrigins: readonly string[];
}

/** How the console serves; see CONSOLE_… in docs/configuration.md. */
export interface ConsoleSettings {
  readonly port: number;
  /** Or its hash. Without one the console is off in production, and on loopback only elsewhere. */
  readonly password?: string;
  readonly sessionSecret?: string;
  readonly production: boolean;
  readonly showMessages: boolean;
  readonly dashboardWrites: boolean;
  /** The effective configuration as lines of text, secrets masked. */
  readonly configuration: readonly string[];
  /** Looks at everything that the bridge depends on, as `bridge doctor` does. */
  readonly examine?: (bridges: readonly Bridge[], signal: AbortSignal) => AsyncIterable<Examined>;
}

/** What a role is given to do its work with. One per process; roles never talk to one another but through Redis. */
export interface RoleContext {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly queues: Queues;
  readonly copies: Copies;
  readonly reactions: Reactions;
  readonly moves: Moves;
  readonly media: Media;
  readonly limiter: Limiter;
  /** Whether calls are kept below the platforms' limits before they are made. */
  readonly outgoingLimits: 'keep' | 'off';
  readonly journeys: Journeys;
  readonly flow: Flow;
  readonly sightings: Sightings;
  readonly checkpoints: Checkpoints;
  readonly leases: Leases;
  readonly heartbeats: { list(): Promise<readonly Heartbeat[]> };
  readonly typing: TypingSigns;
  /** Every platform that this installation is configured for: any router may be handed an event of any of them. */
  readonly configured: ReadonlyMap<PlatformId, ActivePlatform>;
  /** Those whose webhooks, connections and sending are this process's work; `--platforms` makes them fewer. */
  readonly platforms: ReadonlyMap<PlatformId, ActivePlatform>;
  /** Every platform there is, configured or not. */
  readonly known: readonly Platform[];
  readonly bridges: BridgesView;
  readonly http: HttpSettings;
  readonly console: ConsoleSettings;
  readonly publicUrl?: URL;
  readonly version: string;
  /** Publishes the state of a connection for /health and /status; undefined when this process holds it no longer. */
  readonly report: (platform: PlatformId, status: SourceStatus | undefined) => void;
  /** Whether this process can do its work now. Never rejects. */
  readonly readiness: () => Promise<Readiness>;
}

/** A role at work. */
export interface RunningRole {
  /** Why this role cannot work now; empty when it can. */
  notReady(): readonly string[];
  /** Stops intake, finishes or hands back what is under way within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** What a service exports as `role`. */
export interface Role {
  readonly name: RoleName;
  /** @throws an Error whose message says how to fix, when it cannot start. */
  start(context: RoleContext): Promise<RunningRole>;
}
