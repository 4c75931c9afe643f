import type { BridgeOptions, Platform } from '@bridge/core';
import { memberExample } from './bridge-member.ts';

const optionMeanings: Readonly<Record<keyof BridgeOptions, string>> = {
  edits: 'an edited message is edited everywhere',
  deletes: 'a deleted message is deleted everywhere',
  reactions: 'reactions are carried over',
  attachments: 'files, images, voice messages and so on are carried over',
};

/** The text of an example bridges.yaml with one room of each platform, all options at their defaults. */
export function bridgesExample(platforms: readonly Platform[]): string {
  return [
    '# Which rooms are bridged. Changes are picked up within five seconds, without a restart; a file with a mistake',
    '# is refused whole and the last good one stays in force. `npx bridge check` says what is wrong with it.',
    'bridges:',
    '  - name: community # unique; shown in logs',
    '    enabled: true # false switches the bridge off and keeps it here',
    '    # Two or more rooms; a platform may occur more than once. Ids stand in quotes.',
    '    # On a member, direction: in only brings messages into the bridge, out only receives them; the default is both.',
    '    members:',
    ...platforms.map((platform) => `      - ${memberExample(platform)}`),
    '    options: # all optional; these are the defaults',
    ...Object.entries(optionMeanings).map(([name, meaning]) => `      ${name}: true # ${meaning}`),
    '',
  ].join('\n');
}
