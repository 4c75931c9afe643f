/** How ids are shown. */
export interface Names {
  user(id: string): string | undefined;
  channel(id: string): string | undefined;
}

/** What a reader sees of Discord's Markdown, without the markup. Not a full parser: enough to read a chat. */
export function plainText(content: string, names: Names): string {
  const kept: string[] = [];
  const keep = (text: string): string => `\u{e000}${kept.push(text) - 1}\u{e001}`;
  const shown = content
    .replace(/```(?:[\w+-]+\n)?\n?([\s\S]*?)\n?```/g, (_all, code: string) => keep(code))
    .replace(/(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g, (_all, _ticks: string, code: string) => keep(code))
    .replace(/\\([!-/:-@[-`{-~])/g, (_all, char: string) => keep(char))
    .replace(/<@!?(\d+)>/g, (all: string, id: string) => keep(`@${names.user(id) ?? all}`))
    .replace(/<#(\d+)>/g, (all: string, id: string) => keep(`#${names.channel(id) ?? all}`))
    .replace(/<a?(:\w+:)\d+>/g, (_all, name: string) => keep(name))
    .replace(/\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/g, (_all, label: string) => label)
    .replace(/<?(https?:\/\/[^\s>]+)>?/g, (_all, url: string) => keep(url))
    .replace(/^(?:>>> |> |#{1,3} |-# )/gm, '')
    .replace(/(\*\*\*|\*\*|__|~~|\|\|)(?=\S)([\s\S]*?\S)\1/g, '$2')
    .replace(/(\*\*|__|~~|\|\|)(?=\S)([\s\S]*?\S)\1/g, '$2')
    .replace(/\*(?=\S)([^*\n]*?[^\s*])\*/g, '$1')
    .replace(/(?<!\w)_(?=\S)([^_\n]*?\S)_(?!\w)/g, '$1');
  const read = shown.replace(/\u{e000}(\d+)\u{e001}/gu, (_all, index: string) => restore(kept, Number(index)));
  return /[\u2060-\u2064]/.test(read) ? read.replaceAll(invisible, '').trimEnd() : read;
}

/** Word joiner and invisible operators: no font draws them. */
const invisible = /[\u2060-\u2064]+/g;

/** What is kept may itself hold something kept before it. */
const restore = (kept: readonly string[], index: number): string =>
  (kept[index] ?? '').replace(/\u{e000}(\d+)\u{e001}/gu, (_all, inner: string) => restore(kept, Number(inner)));
