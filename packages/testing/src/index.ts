export * from './port.ts';
export * from './redis.ts';
export * from './stopwatch.ts';
export * from './arbitraries.ts';
export * from './conformance.ts';
export * from './growth.ts';
export { deepJson, mutationsOf } from './mutate.ts';
