const emoji = /^\p{RGI_Emoji}$/v;
const variation = '\ufe0f';

/** An emoji as Discord knows it: with the variation selectors that some platforms leave out. */
export function qualified(text: string): string {
  if (emoji.test(text)) return text;
  const whole = text.replace(/((?!\p{Emoji_Presentation})\p{Extended_Pictographic})(?!\ufe0f|\p{Emoji_Modifier})/gu, `$1${variation}`);
  if (emoji.test(whole)) return whole;
  const bare = text.replaceAll(variation, '');
  return emoji.test(bare) ? bare : text;
}
