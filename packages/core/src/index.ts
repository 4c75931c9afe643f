export * from './bridge.ts';
export * from './capabilities.ts';
export * from './failure.ts';
export * from './ids.ts';
export * from './message.ts';
export * from './platform.ts';
export * from './rich-text.ts';
