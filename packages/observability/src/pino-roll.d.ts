/** pino-roll ships no types; this is the part that we use. */
declare module 'pino-roll' {
  export default function roll(options: {
    file: string;
    extension?: string;
    frequency?: 'daily' | 'hourly' | number;
    size?: string;
    limit?: { count: number };
    mkdir?: boolean;
  }): Promise<{ write(line: string): boolean; flushSync(): void }>;
}
