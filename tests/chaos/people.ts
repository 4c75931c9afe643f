import { setTimeout as sleep } from 'node:timers/promises';
import { platformNames } from '../support/world.ts';
import type { Ledger, Original } from './ledger.ts';

export interface WritingOptions {
  readonly ledger: Ledger;
  /** 0 to below 1. */
  readonly random: () => number;
  readonly events: number;
  readonly bridges: number;
  readonly durationMs: number;
}

/** Of all events; the rest are new messages. */
const editShare = 0.1;
const deleteShare = 0.06;
/** People change what they wrote lately; some of it may be under way still. */
const recent = 40;
/** Copies that may be on their way at a time: what a machine cannot carry in time, people write later. */
const mostUnderWay = 4_000;

/** People write, change and delete, evenly over the time given where the machine can carry that. */
export async function writeAway(options: WritingOptions): Promise<void> {
  const started = performance.now();
  const mine: Original[] = [];
  while (options.ledger.events < options.events) {
    const { ledger, events, durationMs } = options;
    const due = Math.min(events, (events * (performance.now() - started)) / durationMs);
    while (ledger.events < due && ledger.missing < mostUnderWay) act(options, mine);
    await sleep(5);
  }
}

function act({ ledger, random, bridges }: WritingOptions, mine: Original[]): void {
  const draw = random();
  const chosen = mine[Math.floor(random() * mine.length)];
  if (draw < editShare && chosen !== undefined) return ledger.edit(chosen);
  // Telegram does not tell bots of deletions.
  if (draw < editShare + deleteShare && chosen !== undefined && chosen.platform !== 'telegram') {
    mine.splice(mine.indexOf(chosen), 1);
    return ledger.remove(chosen);
  }
  const platform = platformNames[Math.floor(random() * platformNames.length)] ?? 'discord';
  mine.push(ledger.write(platform, Math.floor(random() * bridges)));
  if (mine.length > recent) mine.splice(Math.floor(random() * mine.length), 1);
}
