import { patternOf } from '@bridge/config';
import { type Bridge, compileBridges } from '@bridge/core';
import type { BridgesView } from './role.ts';

/** The bridges in force, replaced whole when the file changes. */
export function createBridgesView(initial: readonly Bridge[]): BridgesView & { replace(bridges: readonly Bridge[]): void } {
  let list = initial;
  let index = compileBridges(initial, patternOf);
  return {
    list: () => list,
    index: () => index,
    replace: (bridges) => {
      list = bridges;
      index = compileBridges(bridges, patternOf);
    },
  };
}
