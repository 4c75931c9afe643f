import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from './places.mjs';

/** What is made by set-up and tests, so it says nothing about whether they are needed. */
const made = new Set(['node_modules', 'dist', '.turbo', '.bridge', '.git', 'coverage']);

/**
 * @param {string} folder
 * @returns {string[]} every file under it that a person wrote, in a stable order
 */
export function filesUnder(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return made.has(entry.name) ? [] : filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}

/**
 * @param {readonly string[]} files
 * @param {readonly string[]} [extra] what else the result depends on, such as a version
 */
export function fingerprint(files, extra = []) {
  const hash = createHash('sha256').update(JSON.stringify(extra));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

/** What was done for which fingerprint; kept in one file, so deleting that file does everything anew. */
export class Stamps {
  #file;

  /** @param {string} file */
  constructor(file) {
    this.#file = file;
  }

  #read() {
    const content = readJson(this.#file);
    return typeof content === 'object' && content !== null ? content : {};
  }

  /** @param {string} name @param {string} value */
  matches(name, value) {
    return Object.entries(this.#read()).some(([key, stamped]) => key === name && stamped === value);
  }

  /** @param {string} name @param {string} value */
  set(name, value) {
    writeFileSync(this.#file, `${JSON.stringify({ ...this.#read(), [name]: value }, undefined, 2)}\n`);
  }
}
