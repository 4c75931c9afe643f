import { defaultBridgeOptions } from '@bridge/core';
import { describe, expect, it } from 'vitest';
import { bridgesExample } from './bridges-example.ts';
import { parseBridges, type BridgesOptions } from './bridges.ts';
import { fakePlatforms } from './fixtures/fake-platforms.ts';
import { formatProblem, type Problem } from './problem.ts';

const parse = (text: string, options: Partial<BridgesOptions> = {}) =>
  parseBridges(text, { file: 'bridges.yaml', platforms: fakePlatforms, isOff: () => false, ...options });
const problemsOf = (text: string, options: Partial<BridgesOptions> = {}): readonly Problem[] => {
  const result = parse(text, options);
  return result.ok ? [] : result.problems;
};
const bridge = (members: string, rest = ''): string =>
  `bridges:\n  - name: one\n    members:\n${members
    .split('\n')
    .map((line) => `      - ${line}\n`)
    .join('')}${rest}`;
const loft = '{ platform: pigeon, loft: "1" }';
const tower = '{ platform: semaphore, tower: hill }';

describe('a valid file', () => {
  it('gives bridges with defaults', () => {
    expect(
      parse(
        bridge(`${loft}\n{ platform: pigeon, loft: "1", perch: 7, direction: in }\n{ platform: semaphore, person: ada, direction: out }`),
      ),
    ).toEqual({
      ok: true,
      bridges: [
        {
          name: 'one',
          enabled: true,
          options: defaultBridgeOptions,
          members: [
            { platform: 'pigeon', conversation: '1', direction: 'both' },
            { platform: 'pigeon', conversation: '1/7', direction: 'in' },
            { platform: 'semaphore', conversation: 'person:ada', direction: 'out' },
          ],
        },
      ],
    });
  });
  it('takes options and enabled', () => {
    const result = parse(bridge(`${loft}\n${tower}`, '    enabled: false\n    options: { edits: false, attachments: false }\n'));
    expect(result.ok && result.bridges[0]).toMatchObject({
      enabled: false,
      options: { ...defaultBridgeOptions, edits: false, attachments: false },
    });
  });
  it('may hold no bridge at all, when it says so', () => expect(parse('bridges: []')).toEqual({ ok: true, bridges: [] }));
  it('is the example', () => expect(parse(bridgesExample(fakePlatforms)).ok).toBe(true));
  it('may be big: 1,000 bridges', () => {
    const text = `bridges:\n${Array.from({ length: 1_000 }, (_, i) => `  - name: b${i}\n    members:\n      - { platform: pigeon, loft: "${i}" }\n      - { platform: semaphore, tower: t${i} }\n`).join('')}`;
    const start = performance.now();
    const result = parse(text);
    expect(result.ok && result.bridges.length).toBe(1_000);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

/** Name, text, place as line:column, words of the message, words of the fix. */
const bad: readonly (readonly [string, string, string, RegExp, RegExp])[] = [
  ['an empty file', '', '1:1', /the file is empty/, /bridges\.example\.yaml/],
  ['a file of remarks only', '# nothing yet\n', '1:1', /the file is empty/, /bridges\.example\.yaml/],
  ['plain text', 'hello', '1:1', /must begin with bridges: but holds the text "hello"/, /bridges\.example\.yaml/],
  ['a list on top', '- name: one', '1:1', /must begin with bridges: but holds a list/, /list of bridges/],
  ['another key on top', 'bridge: []', '1:1', /has no key "bridge"/, /did you mean bridges\?/],
  ['no list of bridges', 'bridges:\n', '1:9', /bridges must be a list; here is nothing/, /- name:/],
  ['a map of bridges', 'bridges:\n  one: {}', '2:3', /bridges must be a list; here is a map/, /- name:/],
  ['a bridge that is a word', 'bridges:\n  - one', '2:5', /a bridge is a map of keys; here is the text "one"/, /- name:/],
  ['no name', `bridges:\n  - members: [${loft}, ${tower}]`, '2:5', /a bridge must have a name/, /add name:/],
  ['an empty name', `bridges:\n  - name:\n    members: [${loft}, ${tower}]`, '2:10', /a bridge must have a name/, /add name:/],
  [
    'a number as name',
    `bridges:\n  - name: 2024\n    members: [${loft}, ${tower}]`,
    '2:11',
    /name must be text; here is the number 2024/,
    /put it in quotes: name: "2024"/,
  ],
  ['a name of many lines', `bridges:\n  - name: "a\\nb"\n    members: [${loft}, ${tower}]`, '2:11', /one line/, /plain name/],
  [
    'two bridges of one name',
    `${bridge(`${loft}\n${tower}`)}  - name: one\n    members: [${loft}, ${tower}]`,
    '6:11',
    /two bridges are called "one" \(the first on line 2\)/,
    /another name/,
  ],
  ['no members', 'bridges:\n  - name: one', '2:5', /a bridge must have members/, /two or more/],
  ['one member', bridge(loft), '3:5', /needs two or more members and this has only one/, /add the room/],
  [
    'an empty list of members',
    'bridges:\n  - name: one\n    members: []',
    '3:5',
    /needs two or more members and this has no members/,
    /add the room/,
  ],
  ['members that are no list', 'bridges:\n  - name: one\n    members: 3', '3:14', /members must be a list; here is the number 3/, /- \{/],
  [
    'a member that is a word',
    bridge(`pigeon\n${tower}`),
    '4:9',
    /a member is a map .* here is the text "pigeon"/,
    /platform: pigeon, loft:/,
  ],
  ['a member that is nothing', bridge(`\n${tower}`), '4:9', /a member is a map .* here is nothing/, /write it like/],
  ['a member without platform', bridge(`{ loft: "1" }\n${tower}`), '4:9', /must say its platform/, /platform: semaphore, tower: hill-1/],
  [
    'an unknown platform',
    bridge(`{ platform: pidgeon, loft: "1" }\n${tower}`),
    '4:21',
    /there is no platform "pidgeon"/,
    /did you mean pigeon\?/,
  ],
  [
    'a platform far off',
    bridge(`{ platform: irc, loft: "1" }\n${tower}`),
    '4:21',
    /there is no platform "irc"/,
    /use one of pigeon, semaphore/,
  ],
  [
    'an unknown key of a member',
    bridge(`{ platform: pigeon, lofft: "1" }\n${tower}`),
    '4:29',
    /a Pigeon Post member has no key "lofft"/,
    /did you mean loft\?/,
  ],
  [
    'a missing key of a member',
    bridge(`{ platform: pigeon, perch: 1 }\n${tower}`),
    '4:9',
    /a Pigeon Post member needs loft/,
    /loft: "1424612739296530453"/,
  ],
  ['a member of nothing', bridge(`${loft}\n{ platform: semaphore }`), '5:9', /a Semaphore member needs (tower|person)/, /tower: hill-1/],
  [
    'two shapes in one member',
    bridge(`${loft}\n{ platform: semaphore, tower: a, person: b }`),
    '5:9',
    /cannot be combined/,
    /tower: hill-1/,
  ],
  [
    'a number for text',
    bridge(`{ platform: pigeon, loft: 12 }\n${tower}`),
    '4:35',
    /loft must be text; here is the number 12/,
    /put it in quotes: loft: "12"/,
  ],
  [
    'a truth value for text',
    bridge(`${loft}\n{ platform: semaphore, tower: true }`),
    '5:39',
    /tower must be text; here is the truth value true/,
    /tower: "true"/,
  ],
  [
    'an id without quotes',
    bridge(`{ platform: pigeon, loft: 1424612739296530453 }\n${tower}`),
    '4:35',
    /loft is the number 1424612739296530453, .*lose its last digits/,
    /put it in quotes: loft: "1424612739296530453"/,
  ],
  [
    'a value that the platform refuses',
    bridge(`{ platform: pigeon, loft: "abc" }\n${tower}`),
    '4:35',
    /loft is not valid: use digits only; here is the text "abc"/,
    /write it like/,
  ],
  ['a list for text', bridge(`{ platform: pigeon, loft: [1] }\n${tower}`), '4:35', /loft is not valid: .*here is a list/, /write it like/],
  [
    'text for a number',
    bridge(`{ platform: pigeon, loft: "1", perch: high }\n${tower}`),
    '4:47',
    /perch is not valid: expected number.*the text "high"/,
    /perch: 7/,
  ],
  [
    'a wrong direction',
    bridge(`{ platform: pigeon, loft: "1", direction: inn }\n${tower}`),
    '4:51',
    /direction must be both, in or out; here is the text "inn"/,
    /only receives/,
  ],
  ['the same room twice', bridge(`${loft}\n${tower}\n${loft}`), '6:9', /this Pigeon Post room is already a member/, /remove one/],
  [
    'nobody who receives',
    bridge(`{ platform: pigeon, loft: "1", direction: in }\n{ platform: semaphore, tower: a, direction: in }`),
    '2:5',
    /no message can pass/,
    /remove direction/,
  ],
  [
    'an unknown key of a bridge',
    bridge(`${loft}\n${tower}`, '    enable: true\n'),
    '6:5',
    /a bridge has no key "enable"/,
    /did you mean enabled\?/,
  ],
  [
    'an unknown key without a likeness',
    bridge(`${loft}\n${tower}`, '    colour: red\n'),
    '6:5',
    /a bridge has no key "colour"/,
    /remove it; known here: name, enabled/,
  ],
  [
    'enabled in quotes',
    bridge(`${loft}\n${tower}`, '    enabled: "yes"\n'),
    '6:14',
    /enabled must be true or false; here is the text "yes"/,
    /without quotes/,
  ],
  [
    'options that are no map',
    bridge(`${loft}\n${tower}`, '    options: edits\n'),
    '6:14',
    /options must be a map/,
    /edits, deletes, reactions, attachments/,
  ],
  [
    'an unknown option',
    bridge(`${loft}\n${tower}`, '    options: { edit: true }\n'),
    '6:16',
    /options has no key "edit"/,
    /did you mean edits\?/,
  ],
  [
    'an option that is no truth value',
    bridge(`${loft}\n${tower}`, '    options: { edits: 1 }\n'),
    '6:23',
    /edits must be true or false; here is the number 1/,
    /edits: true/,
  ],
  [
    'an option that is no list',
    bridge(`${loft}\n${tower}`, '    options: { ignoreUsers: spam }\n'),
    '6:29',
    /ignoreUsers must be a list of texts.*here is the text "spam"/,
    /ignoreUsers: \[\]/,
  ],
  [
    'a pattern that takes for ever, or is none',
    bridge(`${loft}\n${tower}`, "    options: { ignoreMessages: ['(a+)+$', '(?=x)'] }\n"),
    '6:32',
    /ignoreMessages has a pattern that cannot be read/,
    /RE2 syntax/,
  ],
  [
    'a kind that there is not',
    bridge(`${loft}\n${tower}`, '    options: { ignoreKinds: [dice, polls] }\n'),
    '6:36',
    /ignoreKinds knows no "polls"/,
    /did you mean poll\? Known here: forward, poll/,
  ],
  [
    'kinds that are no list',
    bridge(`${loft}\n${tower}`, '    options: { ignoreKinds: poll }\n'),
    '6:29',
    /ignoreKinds must be a list of kinds, such as \["forward", "poll"\]; here is the text "poll"/,
    /write it like ignoreKinds: \[\]/,
  ],
  [
    'a name template without a name',
    bridge(`${loft}\n${tower}`, '    options: { nameTemplate: "{platform}" }\n'),
    '6:30',
    /nameTemplate must be text with \{name\}/,
    /nameTemplate: "\{name\} \(\{platform\}\)"/,
  ],
  [
    'an option of a member that there is not',
    bridge(`{ platform: pigeon, loft: "1", options: { edit: false } }\n${tower}`),
    '4:51',
    /options has no key "edit"/,
    /did you mean edits/,
  ],
  ['a key that occurs twice', bridge(`${loft}\n${tower}`, '    name: two\n'), '6:5', /the key name occurs twice/, /remove one/],
  ['a tab', 'bridges:\n\t- name: one', '2:1', /a tab is used for indentation/, /replace the tab by spaces/],
  ['a bracket left open', 'bridges: [\n  - a', '2:3', /not valid YAML/, /brackets and quotes/],
  ['wrong indentation', 'bridges:\n  - name: one\n   members: []', '3:1', /not valid YAML/, /indentation/],
  ['a quote left open', 'bridges:\n  - name: "one\n    members: []', '3:16', /not valid YAML/, /quotes/],
  ['two documents', 'bridges: []\n---\nbridges: []', '2:1', /more than one YAML document/, /---/],
  ['a tag', 'bridges: !mine []', '1:10', /not valid YAML: unresolved tag/, /quotes/],
  ['an alias', `bridges:\n  - &a { name: one, members: [${loft}, ${tower}] }\n  - *a`, '3:5', /aliases .* are not supported/, /write out/],
  ['an alias of nothing', 'bridges: *nothing', '1:10', /aliases .* are not supported/, /write out/],
];

describe('a bad file', () => {
  it.each(bad)('%s', (_name, text, place, message, fix) => {
    const [first, ...rest] = problemsOf(text);
    expect(rest.filter((problem) => problem.message === first?.message)).toEqual([]);
    expect(`${first?.line}:${first?.column}`).toBe(place);
    expect(first?.message).toMatch(message);
    expect(first?.fix).toMatch(fix);
    expect(first?.file).toBe('bridges.yaml');
  });

  it('tells every problem at once', () => {
    const text = bridge(`{ platform: pidgeon }\n{ platform: pigeon, loft: 7 }`, '    enable: true\n  - name: one\n    members: []\n');
    expect(problemsOf(text).map((problem) => problem.line)).toEqual([6, 4, 5, 7, 8]);
  });
  it('refuses what is too long unread', () => {
    expect(problemsOf(`# ${'x'.repeat(600_000)}`).map((problem) => problem.message)).toEqual([
      'bridges.yaml is longer than 512 KiB, which no list of bridges is',
    ]);
  });
  it('does not tell more than 50', () => {
    expect(problemsOf(`bridges:\n${'  - x\n'.repeat(1_000)}`)).toHaveLength(50);
  });
  it('makes one line of each problem', () => {
    expect(formatProblem(problemsOf(bridge(`{ platform: pigeon, loft: 12 }\n${tower}`))[0] ?? { message: '', fix: '' })).toBe(
      'bridges.yaml:4:35: loft must be text; here is the number 12. Fix: put it in quotes: loft: "12".',
    );
  });
});

describe('a platform that is off', () => {
  const isOff: BridgesOptions['isOff'] = (id) => id === 'semaphore';
  it('cannot have members, and says how to switch it on', () => {
    expect(problemsOf(bridge(`${loft}\n${tower}`), { isOff })).toEqual([
      expect.objectContaining({
        line: 5,
        column: 9,
        message: 'Semaphore is off, so this bridge cannot work',
        fix: expect.stringContaining('set SEMAPHORE_KEY to switch Semaphore on'),
      }),
    ]);
  });
  it('may be waited for by a bridge that is switched off', () =>
    expect(problemsOf(bridge(`${loft}\n${tower}`, '    enabled: false\n'), { isOff })).toEqual([]));
});

describe('a platform that breaks its contract', () => {
  it('refuses a member instead of taking the bridge down', () => {
    const [pigeon, semaphore] = fakePlatforms;
    if (pigeon === undefined || semaphore === undefined) throw new Error('no fixtures');
    const broken = {
      ...pigeon,
      conversationOf: () => {
        throw new Error('bug');
      },
    };
    expect(problemsOf(bridge(`${loft}\n${tower}`), { platforms: [broken, semaphore] })[0]?.message).toBe(
      'Pigeon Post cannot use this member',
    );
  });
});

describe('hostile text is refused, and soon', () => {
  const laughs = ['a0: &a0 [x]', ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`)].join('\n');
  it.each([
    ['1 MB of one letter', 'x'.repeat(1_000_000)],
    ['1 MB of brackets', '['.repeat(1_000_000)],
    ['1 MB of noise', Array.from({ length: 1_000_000 }, (_, i) => String.fromCharCode(32 + ((i * 7919) % 95))).join('')],
    ['50,000 brackets', '['.repeat(50_000)],
    ['20,000 quotes', '"'.repeat(20_000)],
    ['5,000 keys', Array.from({ length: 5_000 }, (_, i) => `a${i}: 1`).join('\n')],
    ['the same key 20,000 times', 'a: 1\n'.repeat(20_000)],
    ['a billion laughs', `${laughs}\nbridges: *a30`],
    ['nul bytes', '\0'.repeat(1_000)],
    ['a prototype', 'bridges:\n  - __proto__: { name: x }\n    constructor: 1\n'],
  ])('%s', (_, text) => {
    const start = performance.now();
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.every((problem) => formatProblem(problem).length < 500)).toBe(true);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
