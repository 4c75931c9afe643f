import type { PlatformId, SourceStatus } from '@bridge/core';

/** The last known state of each connection that this process holds. */
export interface Reporter {
  report(platform: PlatformId, status: SourceStatus | undefined): void;
  sources(): Readonly<Record<string, SourceStatus>>;
}

/** `changed` is called after each report that tells something new. */
export function createReporter(changed: () => void): Reporter {
  const statuses = new Map<PlatformId, SourceStatus>();
  return {
    report: (platform, status) => {
      if (JSON.stringify(statuses.get(platform)) === JSON.stringify(status)) return;
      if (status === undefined) statuses.delete(platform);
      else statuses.set(platform, status);
      changed();
    },
    sources: () => Object.fromEntries(statuses),
  };
}
