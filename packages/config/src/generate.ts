import type { Platform } from '@bridge/core';
import { bridgesExample } from './bridges-example.ts';
import { bridgesSchema } from './bridges-schema.ts';
import { configurationDoc } from './configuration-doc.ts';
import { envFile } from './env-file.ts';
import { platformsDoc, withMatrix } from './platform-matrix.ts';

/** A file of the repository that is made from the code. */
export interface GeneratedFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Every generated file as it has to be. `readme` is README.md as it is now, whose matrix alone is generated. */
export function generatedFiles(platforms: readonly Platform[], readme: string | undefined): GeneratedFile[] {
  return [
    { path: '.env.example', text: envFile(platforms) },
    { path: 'bridges.example.yaml', text: `# yaml-language-server: $schema=./bridges.schema.json\n${bridgesExample(platforms)}` },
    { path: 'bridges.schema.json', text: `${JSON.stringify(bridgesSchema(platforms), undefined, 2)}\n` },
    { path: 'docs/configuration.md', text: configurationDoc(platforms) },
    { path: 'docs/platforms.md', text: platformsDoc(platforms) },
    ...(readme === undefined ? [] : [{ path: 'README.md', text: withMatrix(readme, platforms) }]),
  ];
}
