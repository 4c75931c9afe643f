import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Express } from 'express';

export interface PageFiles {
  /** `import.meta.url` of a module in the service's `src`; its page's scripts are in `src/page`, what is served as it is in `public`. */
  readonly module: string;
  /** Stylesheets in `public`. */
  readonly styles: readonly string[];
}

const theme = fileURLToPath(new URL('../public/theme.css', import.meta.url));

/**
 * Serves a page: `public/index.html` at `/`. Its scripts are named in its head, so that a browser asks for all of them at once
 * instead of one after the other, as each is found in another.
 */
export function mountPage(app: Express, { module }: Pick<PageFiles, 'module'>): void {
  app.get('/', async (_request, response) => {
    const html = await readFile(new URL('../public/index.html', module), 'utf8');
    response.type('html').send(html.replace('</head>', `${preloads(module)}</head>`));
  });
}

function preloads(module: string): string {
  const ending = endingOf(module);
  const names = readdirSync(new URL('./page/', module)).filter((name) => name.endsWith(ending) && !name.includes('.test.'));
  return names
    .filter((name) => name !== `main${ending}`)
    .map((name) => `  <link rel="modulepreload" href="/page/${name}" />\n  `)
    .join('');
}

/** From the sources, scripts are TypeScript and are stripped as they are served. */
const endingOf = (module: string): '.ts' | '.js' => (module.endsWith('.ts') ? '.ts' : '.js');

/** Serves what a page needs: the shared `/theme.css`, its own stylesheets, and its scripts under `/page/`. */
export function mountPageFiles(app: Express, { module, styles }: PageFiles): void {
  const publicFolder = new URL('../public/', module);
  app.get('/theme.css', (_request, response) => response.sendFile(theme));
  for (const name of styles) app.get(`/${name}`, (_request, response) => response.sendFile(fileURLToPath(new URL(name, publicFolder))));
  // Scripts import one another by the name they have here: `.ts` from the sources, `.js` built.
  app.get(/^\/page\/([a-z-]+)\.(?:js|ts)$/, async (request, response, next) => {
    const code = await script(module, request.params[0] ?? '');
    if (code === undefined) next();
    else response.type('text/javascript').send(code);
  });
}

async function script(module: string, name: string): Promise<string | undefined> {
  const ending = endingOf(module);
  const file = new URL(`./page/${name}${ending}`, module);
  if (!existsSync(file)) return undefined;
  const source = await readFile(file, 'utf8');
  if (ending === '.js') return source;
  // Experimental in Node.js, so what is built does without.
  const { stripTypeScriptTypes } = await import('node:module');
  return stripTypeScriptTypes(source);
}
