export * from './catalog.ts';
export * from './connections.ts';
export * from './keys.ts';
export * from './limiter.ts';
export * from './queues.ts';
export { lookAtRedis } from './redis-doctor.ts';
export * from './types.ts';
