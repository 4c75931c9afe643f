import { scrubber } from '@bridge/core';
import { type DestinationStream, type Logger, destination, pino } from 'pino';
import { type Clean, describeError } from './describe-error.ts';
import { inOrder } from './in-order.ts';
import type { Rotation } from './log-file.ts';
import { traceFields } from './tracing.ts';

export interface LoggerOptions {
  readonly level: string;
  /** Known secret values; whatever reaches a line in spite of the serialisers is replaced. */
  readonly secrets: readonly string[];
  /** Fields of every line, such as the process's roles. */
  readonly base?: Readonly<Record<string, unknown>>;
  /** Also write rotated files into this folder. */
  readonly directory?: string;
  readonly rotation?: Rotation;
  /** Where lines go instead of standard output; for tests. */
  readonly write?: (line: string) => void;
}

export interface BridgeLogger {
  readonly log: Logger;
  /** Writes what is buffered, in order; await before the process ends. */
  flush(): Promise<void>;
}

/**
 * Structured logs, one JSON object a line. Errors are described by allow-list under whatever key they come, because those
 * of HTTP clients carry URLs, headers and bodies; then the whole line is scrubbed of every secret we know.
 */
export async function createLogger(options: LoggerOptions): Promise<BridgeLogger> {
  const clean = scrubber(options.secrets);
  const stdout = options.write === undefined ? standardOutput() : undefined;
  const file = options.directory === undefined ? undefined : await logFile(options.directory, options.rotation);
  const write = options.write ?? ((line: string) => stdout?.write(line));
  const stream: DestinationStream = {
    write: (line) => {
      const scrubbed = clean(line);
      write(scrubbed);
      file?.write(scrubbed);
    },
  };
  const log = pino(
    {
      level: options.level,
      base: options.base ?? {},
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: traceFields,
      formatters: { level: (label) => ({ level: label }), log: (fields) => withoutErrors(fields, clean) },
      // Described already; pino's own would look for what an Error has.
      serializers: { err: (described: unknown) => described },
    },
    stream,
  );
  return {
    log,
    flush: async () => void (await Promise.all([stdout?.flush(), file?.flush()])),
  };
}

const gatherMs = 20;

/** Lines within a few milliseconds leave in one write: under load, a system call for each would cost as much as all else in it. */
function standardOutput() {
  const stream = inOrder(destination({ dest: 1, sync: false }));
  let gathered = '';
  let timer: NodeJS.Timeout | undefined;
  const pass = () => {
    clearTimeout(timer);
    timer = undefined;
    if (gathered !== '') stream.write(gathered);
    gathered = '';
  };
  // The last lines of a process that ends without a flush, by an error that nobody caught, are those one wants most.
  process.once('exit', () => {
    pass();
    stream.flushSync();
  });
  return {
    write: (line: string) => {
      gathered += line;
      timer ??= setTimeout(pass, gatherMs);
    },
    flush: async () => {
      pass();
      await stream.flush();
    },
  };
}

/** Loaded only where it is used: the library for rotation brings some 300 modules along. */
async function logFile(directory: string, rotation: Rotation | undefined) {
  const { openLogFile } = await import('./log-file.ts');
  return openLogFile(directory, rotation);
}

function withoutErrors(fields: Record<string, unknown>, clean: Clean): Record<string, unknown> {
  if (!Object.values(fields).some((value) => value instanceof Error)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? describeError(value, clean) : value]),
  );
}
