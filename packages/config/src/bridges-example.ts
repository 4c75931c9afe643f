import { optionFields, type Platform } from '@bridge/core';
import { memberExample } from './bridge-member.ts';

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
    '    options: # all optional; these are the defaults. A member may have options of its own, which go before these:',
    '      # - { platform: telegram, chat: "-1001234567890", options: { nameTemplate: "{name}", ignoreBots: true } }',
    ...Object.entries(optionFields).map(([name, field]) => `      ${name}: ${JSON.stringify(field.default)} # ${field.describe}`),
    '',
  ].join('\n');
}
