export * from './app.ts';
export * from './page-files.ts';
export * from './password.ts';
/** Colours, sizes and spacings that the web pages share: a stylesheet. */
export const themeCss: URL = new URL('../public/theme.css', import.meta.url);
