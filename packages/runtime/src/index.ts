export { type RunningHttpServer, createHttpApp, listen, rawBody, sendError, themeCss } from '@bridge/http';
export { type OpenSpan, type Readiness, type SpanOptions, createLogger, inSpan } from '@bridge/observability';
export { type Attempt, type Outcome, type QueueDepth, QueueUnavailable, type Routed, type Surroundings } from '@bridge/queue';
export type { Heartbeat, JourneyStep } from '@bridge/store';
export * from './accept.ts';
export * from './context.ts';
export * from './discovery.ts';
export * from './doctor.ts';
export * from './journeys-client.ts';
export * from './media.ts';
export * from './moved.ts';
export * from './process.ts';
export * from './role.ts';
export * from './send-test.ts';
export * from './service-app.ts';
export * from './signals.ts';
export * from './test-message.ts';

// What the console and the commands for operators use.
export { type PasswordCheck, createPasswordCheck, hashPassword, listenError, mountPage, mountPageFiles } from '@bridge/http';
export {
  type DeadLetter,
  type DeadLetterDesk,
  type LetterFilter,
  type LetterGroup,
  type LetterLine,
  type LetterRef,
  type Page,
  type Settled,
  mostLookedAt,
} from '@bridge/queue';
export {
  type Copies,
  type CopyRecord,
  type Flow,
  type Journeys,
  type PersonsReaction,
  type PlatformFlow,
  fingerprint,
  journeyLimits,
} from '@bridge/store';
export * from './dead-letters.ts';
export * from './find-journeys.ts';
export * from './health.ts';
export * from './operator-client.ts';
export * from './snapshot.ts';
