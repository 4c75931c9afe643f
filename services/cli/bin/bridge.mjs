#!/usr/bin/env node
// Starts the command line with the Node.js that this repository runs on. Plain JavaScript, so that an older Node.js
// can read it and hand over to the right one.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const wanted = 24;
const here = dirname(fileURLToPath(import.meta.url));
const repository = join(here, '..', '..', '..');
const main = join(here, '..', 'dist', 'main.js');

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

/** Node.js as `npm run setup` installs it. */
function ownNode() {
  const folder = join(repository, '.bridge', 'tools', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
  return join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
}

/** @param {string} node */
function handOver(node) {
  // Listened for first: a signal that came between would end us and leave the child without anybody to end it.
  // A terminal sends Ctrl-C to both of us; passed on as well, it would count as pressed twice.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('error', () => fail(`${node} cannot be started. Fix: npm run setup`));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

if (Number.parseInt(process.versions.node, 10) >= wanted) {
  if (existsSync(main)) await import(pathToFileURL(main).href);
  else fail('The bridge is not built yet. Fix: npm run setup');
} else if (existsSync(ownNode())) {
  handOver(ownNode());
} else {
  fail(
    `The bridge needs Node.js ${wanted} or newer and this is ${process.version}. Fix: npm run setup, which fetches one for the bridge alone`,
  );
}
