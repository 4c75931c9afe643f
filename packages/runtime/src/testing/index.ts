export * from './pigeon.ts';
export * from './stage.ts';
