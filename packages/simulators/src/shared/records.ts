import type { SimChange } from '../types.ts';
import { createCallLog, type CallLog } from './calls.ts';
import { createChanges, type Changes } from './changes.ts';
import { createFaults, type FaultBox } from './faults.ts';
import { createRing, type Ring } from './ring.ts';

/** What a simulator keeps for those who watch it; `Attempt` is one try to deliver a webhook. */
export interface Records<Attempt> {
  readonly faults: FaultBox;
  readonly calls: CallLog;
  readonly changes: Changes<SimChange>;
  readonly violations: Ring<string>;
  readonly attempts: Ring<Attempt>;
}

/** Nothing kept yet. */
export function createRecords<Attempt>(): Records<Attempt> {
  return {
    faults: createFaults(),
    calls: createCallLog(),
    changes: createChanges(),
    violations: createRing(1_000),
    attempts: createRing(10_000),
  };
}
