import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BridgeProcessOptions {
  /** The CLI's entry file; run with this process's own Node.js and its flags. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** `bridge start` as a process of its own, as it would run anywhere, and started again when it was killed. */
export interface BridgeProcess {
  /** How often it was started again. */
  readonly restarts: number;
  /** Of the process as it is now: aborted when that is found killed, once `restarts` counts it. */
  readonly killed: AbortSignal;
  /** The exit code, once it ended by itself: it will say the same thing the next time. Never after `stop`. */
  readonly ended: Promise<number>;
  /** As `kill -9` does; it is then started again. */
  kill(): void;
  /** Asks for a clean stop and waits for it. */
  stop(): Promise<void>;
}

const stopMs = 15_000;
/** Long enough to be seen on the page. */
const restartMs = 1_000;

export function startBridge(options: BridgeProcessOptions): BridgeProcess {
  const stopping = new AbortController();
  let restarts = 0;
  let killed = new AbortController();
  let current = launch(options);
  const run = async (): Promise<number> => {
    for (;;) {
      const code = await current.exit;
      if (stopping.signal.aborted) return 0;
      if (code !== null) return code;
      restarts += 1;
      killed.abort();
      killed = new AbortController();
      await sleep(restartMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return 0;
      current = launch(options);
    }
  };
  const over = run();
  return {
    get restarts() {
      return restarts;
    },
    get killed() {
      return killed.signal;
    },
    ended: new Promise((resolve) => void over.then((code) => stopping.signal.aborted || resolve(code))),
    kill: () => void current.child.kill('SIGKILL'),
    stop: async () => {
      stopping.abort();
      await terminate(current);
      await over;
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  /** Null after a signal. */
  readonly exit: Promise<number | null>;
}

function launch({ entry, cwd, env }: BridgeProcessOptions): Launched {
  const child = spawn(process.execPath, [...process.execArgv, entry, 'start'], {
    cwd,
    env,
    // The channel tells the child when we are gone, even by kill -9.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A group of its own: Ctrl-C in a terminal reaches us alone, and the child is asked once, by us.
    detached: true,
  });
  const exit = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(1));
  });
  return { child, exit };
}

async function terminate({ child, exit }: Launched): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await exit;
  clearTimeout(timer);
}
