export * from './app.ts';
export * from './media-links.ts';
export * from './open-url.ts';
export { isPrivateAddress } from './private-addresses.ts';
export * from './png.ts';
export { sniffed } from './sniff.ts';
/** Colours, sizes and spacings that the web pages share: a stylesheet. */
export const themeCss: URL = new URL('../public/theme.css', import.meta.url);

export * from './page-files.ts';
export * from './password.ts';
