export * from './bridge-process.ts';
export * from './loft.ts';
export * from './pigeon.ts';
export * from './stage.ts';
