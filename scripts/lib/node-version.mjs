// Imports nothing and keeps to old syntax: this has to run on the very versions it refuses.

/** The oldest Node.js that the bootstraps run on; the bridge itself brings its own. */
const oldest = 20;

/** @returns {boolean} false, with the reason printed and the exit code set, where this Node.js is too old */
export function requireNode(version = process.versions.node) {
  if (Number(version.split('.')[0]) >= oldest) return true;
  console.error(
    'This needs Node.js ' +
      oldest +
      ' or newer; this is ' +
      version +
      '.\n' +
      'To mend it: install a newer one, from https://nodejs.org/en/download or with your version manager, and run the command again.',
  );
  process.exitCode = 1;
  return false;
}
