import { expect, test } from 'vitest';
import { shortCells } from './peer-cells.ts';
import { brokenPromises, runCell } from './peer-run.ts';

// At the same time, since most of it is waiting: for a call that is not answered, and for what a killed process had locked.
test.concurrent.each(Object.entries(shortCells))(
  '%s: nothing lost, nothing out of order, nothing twice without a mark',
  { timeout: 300_000 },
  async (_what, cell) => {
    const result = await runCell(cell);
    expect(brokenPromises(result)).toEqual({});
    // Or nothing went wrong, and nothing was tested.
    for (const { fault } of cell.faults ?? []) expect(Object.keys(result.hits)).toContain(fault.kind);
    if (cell.kill !== undefined) expect(result.interrupted).toBeGreaterThan(0);
    expect(result.audit.expected).toBe(cell.messages * cell.sources.length * 2);
  },
);
