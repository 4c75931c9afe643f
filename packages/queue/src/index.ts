export * from './catalog.ts';
export * from './connections.ts';
export * from './dead-letter-desk.ts';
export * from './keys.ts';
export * from './limiter.ts';
export * from './queues.ts';
export { lookAtRedis } from './redis-doctor.ts';
export { addForeignScript, type ForeignScript, type ScriptInput } from './scripts.ts';
export * from './types.ts';
