/**
 * The first SIGTERM or SIGINT asks for a clean stop, a second one ends the process at once. Resolves with the first
 * signal's name. A parent that goes away without a word (`npm` killed by hand) is noticed by the closed IPC channel.
 */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = (reason: string) => {
      if (asked) process.exit(1);
      asked = true;
      resolve(reason);
    };
    process.on('SIGTERM', () => ask('SIGTERM'));
    process.on('SIGINT', () => ask('SIGINT'));
    if (process.connected) process.once('disconnect', () => ask('the parent process ended'));
  });
}
