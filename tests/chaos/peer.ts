import { type ComparedCell, peerCells } from './peer-cells.ts';
import { type PeerResult, brokenPromises, runCell } from './peer-run.ts';
import { platformNames } from '../support/world.ts';

// The bridge beside matterbridge: `node --conditions=source tests/chaos/peer.ts [cell…]`, all cells where none is named, a quarter of
// an hour for all. Prints a row of docs/delivery-guarantees.md for each; ends with 1 when something was lost, out of order, or twice without a mark.
const say = (line: string) => void process.stdout.write(`${line}\n`);

const named = process.argv.slice(2);
const chosen = (named.length > 0 ? named : Object.keys(peerCells)).map((name) => {
  const cell = peerCells[name];
  if (cell === undefined) throw new Error(`There is no cell ${name}; choose from ${Object.keys(peerCells).join(', ')}.`);
  return cell;
});

function rowOf({ what, peerLost }: ComparedCell, { audit, longestMs, hits, limited, untaken }: PeerResult): string {
  const cells = [
    what,
    peerLost,
    `${audit.lost.length} of ${audit.expected.toLocaleString('en')}`,
    audit.reordered.length,
    audit.duplicated.length + audit.unexpected.length,
    platformNames.map((platform) => audit.ambiguous[platform]).join(', '),
    `${(longestMs / 1000).toFixed(0)} s`,
    Object.values(hits).reduce((sum, count) => sum + count, limited + untaken),
  ];
  return `| ${cells.join(' | ')} |`;
}

say(
  '| what goes wrong | matterbridge lost | lost | out of order | doubled, unmarked | doubled, marked ambiguous (CometChat, Discord, Telegram) | longest wait | calls refused or cut |',
);
say('|---|---|---|---|---|---|---|---|');
for (const cell of chosen) {
  const result = await runCell(cell);
  say(rowOf(cell, result));
  const broken = brokenPromises(result);
  for (const [promise, examples] of Object.entries(broken)) process.stderr.write(`${promise}: ${examples.join(' · ')}\n`);
  if (Object.keys(broken).length > 0) process.exitCode = 1;
}
