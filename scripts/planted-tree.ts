import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { root } from './lib/places.mjs';
import { filesUnder } from './lib/stamps.mjs';
import { workspaceFolders } from './lib/workspace.mjs';

/** A copy of the repository to plant mistakes in, so that the checks meet them where they would really be. */
export class PlantedTree {
  readonly path = mkdtempSync(join(tmpdir(), 'bridge planted '));

  constructor() {
    for (const file of filesUnder(root)) this.#copy(relative(root, file));
    for (const folder of [root, ...workspaceFolders()]) this.#copyLinks(join(relative(root, folder), 'node_modules'));
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.path, file)), { recursive: true });
    writeFileSync(join(this.path, file), text);
  }

  append(file: string, text: string): void {
    appendFileSync(join(this.path, file), text);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #copy(file: string): void {
    mkdirSync(dirname(join(this.path, file)), { recursive: true });
    cpSync(join(root, file), join(this.path, file));
  }

  /** Links to workspace packages are relative, so copied they lead to the copies; what is installed is shared. */
  #copyLinks(folder: string): void {
    if (!existsSync(join(root, folder))) return;
    const shared = new Set(['.pnpm', '.bin', '.cache', '.vite', '.vite-temp']);
    cpSync(join(root, folder), join(this.path, folder), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !shared.has(basename(source)),
    });
    for (const name of ['.pnpm', '.bin']) {
      const target = join(root, folder, name);
      if (existsSync(target)) symlinkSync(target, join(this.path, folder, name));
    }
  }
}
