import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { scrub } from '@bridge/core';
import { type DestinationStream, type Logger, destination, pino } from 'pino';
import pinoRoll from 'pino-roll';
import { describeError } from './describe-error.ts';

export interface LoggerOptions {
  readonly level: string;
  /** Known secret values; whatever reaches a line in spite of the serialisers is replaced. */
  readonly secrets: readonly string[];
  /** Fields of every line, such as the process's roles. */
  readonly base?: Readonly<Record<string, unknown>>;
  /** Also write rotated files into this folder. */
  readonly directory?: string;
  /** Where lines go instead of standard output; for tests. */
  readonly write?: (line: string) => void;
}

export interface BridgeLogger {
  readonly log: Logger;
  /** Writes what is buffered; call before the process ends. */
  flush(): void;
}

/**
 * Structured logs, one JSON object a line. Errors are serialised by allow-list, because those of HTTP clients carry
 * URLs, headers and bodies; then the whole line is scrubbed of every secret we know.
 */
export async function createLogger(options: LoggerOptions): Promise<BridgeLogger> {
  const stdout = destination({ dest: 1, sync: false });
  const file = options.directory === undefined ? undefined : await rotatedFile(options.directory);
  const stream: DestinationStream = {
    write: (line) => {
      const clean = scrub(line, options.secrets);
      if (options.write) options.write(clean);
      else stdout.write(clean);
      file?.write(clean);
    },
  };
  const log = pino(
    {
      level: options.level,
      base: options.base ?? {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
    },
    stream,
  );
  return {
    log,
    flush: () => {
      stdout.flushSync();
      file?.flushSync();
    },
  };
}

function rotatedFile(directory: string) {
  mkdirSync(directory, { recursive: true });
  return pinoRoll({ file: join(directory, 'bridge'), extension: '.log', frequency: 'daily', size: '50m', limit: { count: 10 }, mkdir: true });
}
