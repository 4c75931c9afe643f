export * from './checkpoints.ts';
export * from './copies.ts';
export * from './heartbeats.ts';
export * from './journeys.ts';
export * from './leases.ts';
export * from './moves.ts';
export * from './reactions.ts';
