export * from './redis.ts';
export * from './stopwatch.ts';
export * from './arbitraries.ts';
export * from './conformance.ts';
export { deepJson, mutationsOf } from './mutate.ts';
