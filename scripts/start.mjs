import { requireNode } from './lib/node-version.mjs';

// Dynamic, so that an old Node.js gets to print the reason before it meets syntax it does not know.
if (requireNode()) void import('./lib/commands.mjs').then((commands) => commands.startCommand(process.argv.slice(2)));
