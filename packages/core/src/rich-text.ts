/**
 * Rich text as a tree. What travels between platforms is never a markup string: each platform parses its own
 * notation into this and renders this into its own notation.
 */
export type Inline =
  /** Plain text; `\n` is a line break. */
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'bold' | 'italic' | 'underline' | 'strike' | 'spoiler'; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'link'; readonly href: string; readonly children: readonly Inline[] }
  /** `label` is what a reader sees, without the leading `@` or `#`. */
  | { readonly type: 'mention'; readonly kind: 'user' | 'role' | 'channel' | 'everyone'; readonly id: string; readonly label: string }
  /** An emoji that exists on one platform only; `name` without colons. */
  | { readonly type: 'custom-emoji'; readonly id: string; readonly name: string }
  /** `unix` in seconds. */
  | { readonly type: 'timestamp'; readonly unix: number };

export type Block =
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'heading'; readonly level: 1 | 2 | 3; readonly children: readonly Inline[] }
  | { readonly type: 'quote'; readonly children: readonly Block[] }
  | { readonly type: 'code-block'; readonly text: string; readonly language?: string }
  | { readonly type: 'list'; readonly ordered: boolean; readonly start: number; readonly items: readonly (readonly Block[])[] };

export type Body = readonly Block[];
export type StyleName = 'bold' | 'italic' | 'underline' | 'strike' | 'spoiler';
/** What a platform can or cannot show natively; text and paragraphs every platform can. */
export type Formatting = Exclude<Inline['type'], 'text'> | Exclude<Block['type'], 'paragraph'>;
