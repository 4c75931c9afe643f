/** One Ctrl-C arrives several times: from the terminal, from npm, and from a parent that passes it on. */
const sameWishMs = 1_000;

/**
 * The first SIGTERM, SIGINT or SIGHUP asks for a clean stop; one that comes later than a second after it ends the
 * process at once. Resolves with what asked first. A parent that goes away without a word (`npm` killed by hand) is
 * noticed by the closed IPC channel.
 */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const ask = (reason: string) => {
      askedAt ??= performance.now();
      resolve(reason);
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (askedAt !== undefined && performance.now() - askedAt > sameWishMs) process.exit(1);
        ask(signal);
      });
    }
    // False when it was gone before we listened: starting takes a second. Undefined without a parent that listens.
    if (process.connected === false) ask('the parent process ended');
    else process.once('disconnect', () => ask('the parent process ended'));
  });
}
