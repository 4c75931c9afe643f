export * from './bridge-process.ts';
export { fullCapabilities } from './capabilities.ts';
export * from './loft.ts';
export { untilTaken } from './offer.ts';
export * from './pigeon.ts';
export * from './stage.ts';
