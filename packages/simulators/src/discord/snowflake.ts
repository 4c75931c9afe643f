/** Milliseconds from the Unix epoch to the first second of 2015, which snowflakes count from. */
const discordEpoch = 1_420_070_400_000;

/** Whether `text` is a snowflake: an unsigned 64-bit integer in decimal. */
export function isSnowflake(text: string): boolean {
  // All with fewer than 20 digits fit into 64 bits.
  return /^\d{1,20}$/.test(text) && (text.length < 20 || BigInt(text) < 1n << 64n);
}

/** When the thing with this id was made, Unix milliseconds. */
export const timeOf = (id: string): number => Number(BigInt(id) >> 22n) + discordEpoch;

/** Ids that grow with each call, by time and then by a counter, also when the clock steps back. */
export function createSnowflakes(now: () => number = Date.now): () => bigint {
  let last = 0n;
  return () => {
    const worker = 1n << 17n;
    const candidate = (BigInt(now() - discordEpoch) << 22n) | worker;
    last = candidate > last ? candidate : last + 1n;
    return last;
  };
}
