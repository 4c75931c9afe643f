export * from './app.ts';
/** Colours, sizes and spacings that the web pages share: a stylesheet. */
export const themeCss: URL = new URL('../public/theme.css', import.meta.url);
