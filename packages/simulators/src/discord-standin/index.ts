export { startDiscordSimulator, type DiscordSimulator, type DiscordSimulatorOptions } from './simulator.ts';
export type { Gateway } from './gateway.ts';
export type { DiscordPermissions } from './model.ts';
