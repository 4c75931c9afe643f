export * from './describe-error.ts';
export * from './health-server.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './tracing.ts';
