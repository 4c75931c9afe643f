import { type ChildProcess, spawn } from 'node:child_process';

export interface BridgeProcessOptions {
  /** The CLI's entry file; run with this process's own Node.js and its flags. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** `bridge start` as a process of its own, as it would run anywhere. */
export interface BridgeProcess {
  /** The exit code, null after a signal. */
  readonly ended: Promise<number | null>;
  /** Asks for a clean stop and waits for it. */
  stop(): Promise<void>;
}

const stopMs = 15_000;

export function startBridge(options: BridgeProcessOptions): BridgeProcess {
  const child = spawn(process.execPath, [...process.execArgv, options.entry, 'start'], {
    cwd: options.cwd,
    env: options.env,
    // The channel tells the child when we are gone, even by kill -9.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(1));
  });
  return { ended, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(timer);
}
