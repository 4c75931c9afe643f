/** p50, p99 and the largest of some values, in the values' unit. */
export function percentiles(values: readonly number[]): { p50: number; p99: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Milliseconds as a person reads them. */
export const ms = (value: number): string => `${value.toFixed(1)} ms`;
