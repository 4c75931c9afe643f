/** Numbers and times as people read them. */

const number = new Intl.NumberFormat('en');
export const count = (value: number): string => number.format(value);

/** `1 message`, `12 messages`. */
export const some = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

/** A number of milliseconds, with its unit. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 86_400_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** How long ago a moment was. Another machine's clock may be ahead of ours. */
export function ago(at: number, now: number): string {
  const ms = now - at;
  if (ms < 1_500) return 'just now';
  return `${duration(Math.floor(ms / 1_000) * 1_000).replace('.0 s', ' s')} ago`;
}

const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
export const exact = (at: number): string => moment.format(at);
