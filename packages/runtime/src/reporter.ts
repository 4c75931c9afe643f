import type { PlatformId, SourceStatus } from '@bridge/core';

/** The last known state of each connection of this process. */
export interface Reporter {
  report(platform: PlatformId, status: SourceStatus): void;
  sources(): Readonly<Record<string, SourceStatus>>;
}

export function createReporter(changed: () => void): Reporter {
  const statuses = new Map<PlatformId, SourceStatus>();
  return {
    report: (platform, status) => {
      statuses.set(platform, status);
      changed();
    },
    sources: () => Object.fromEntries(statuses),
  };
}
