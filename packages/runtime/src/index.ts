export {
  type PasswordCheck,
  type RunningHttpServer,
  createHttpApp,
  createPasswordCheck,
  hashPassword,
  listen,
  listenError,
  mountPage,
  mountPageFiles,
  rawBody,
  sendError,
  themeCss,
} from '@bridge/http';
export { type Readiness, createLogger } from '@bridge/observability';
export {
  type Attempt,
  type DeadLetter,
  type DeadLetterDesk,
  type LetterFilter,
  type LetterGroup,
  type LetterLine,
  type LetterRef,
  type Outcome,
  type Page,
  type QueueDepth,
  QueueUnavailable,
  type Routed,
  type Settled,
  mostLookedAt,
} from '@bridge/queue';
export {
  type Copies,
  type Flow,
  type Heartbeat,
  type JourneyStep,
  type Journeys,
  type PlatformFlow,
  fingerprint,
  journeyLimits,
} from '@bridge/store';
export * from './accept.ts';
export * from './context.ts';
export * from './dead-letters.ts';
export * from './discovery.ts';
export * from './find-journeys.ts';
export * from './health.ts';
export * from './journeys-client.ts';
export * from './operator-client.ts';
export * from './process.ts';
export * from './role.ts';
export * from './send-test.ts';
export * from './service-app.ts';
export * from './signals.ts';
export * from './snapshot.ts';
export * from './test-message.ts';
