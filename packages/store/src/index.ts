export * from './checkpoints.ts';
export * from './copies.ts';
export * from './flow.ts';
export * from './heartbeats.ts';
export * from './journeys.ts';
export * from './leases.ts';
export { journeyLimits } from './step-script.ts';
export * from './text-fingerprint.ts';
