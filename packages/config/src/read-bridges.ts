import { parseBridges, type BridgesOptions, type BridgesResult } from './bridges.ts';
import { codeOf, type ReadFile } from './sources.ts';

/** Reads and parses the bridges file; not there, or not readable, is a problem with its fix like any other. */
export function readBridges(readFile: ReadFile, options: BridgesOptions): BridgesResult {
  const { file } = options;
  try {
    const text = readFile(file);
    if (text !== undefined) return parseBridges(text, options);
    return {
      ok: false,
      problems: [
        { file, message: `${file} is not there`, fix: '`npx bridge init` writes an example to fill in; BRIDGES_FILE names another file' },
      ],
    };
  } catch (error) {
    return {
      ok: false,
      problems: [{ file, message: `${file} cannot be read (${codeOf(error)})`, fix: 'let the user that runs the bridge read that file' }],
    };
  }
}
