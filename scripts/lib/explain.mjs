import { Failure } from './failure.mjs';

/**
 * What a package manager's output means to the person who reads it. The first pattern that matches wins, so the
 * particular ones come first.
 *
 * @type {readonly { pattern: RegExp, message: string, fix: string }[]}
 */
const explanations = [
  { pattern: /ENOSPC|no space left/i, message: 'The disk is full.', fix: 'free some room (see `df -h .`) and run this again' },
  {
    pattern: /EACCES|EROFS|EPERM/,
    message: 'A file or folder cannot be written.',
    fix: '`sudo chown -R "$(id -un)" . ~/.npm`, then run this again',
  },
  {
    pattern: /CERT_|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|certificate/i,
    message: 'The package registry answered with a certificate that this machine does not trust; a proxy that opens TLS does that.',
    fix: '`npm config set cafile /path/to/your-ca.pem`, then run this again',
  },
  {
    pattern: /ERR_PNPM_OUTDATED_LOCKFILE|frozen-lockfile/,
    message: 'pnpm-lock.yaml does not fit the package.json files.',
    fix: '`.bridge/bin/pnpm install`, then commit pnpm-lock.yaml',
  },
  {
    pattern: /\bE40[13]\b|ERR_PNPM_FETCH_40[13]/,
    message: 'The package registry refused this machine.',
    fix: 'look at `npm config get registry`, sign in with `npm login` or go back with `npm config delete registry`, then run this again',
  },
  {
    pattern: /\bE404\b|ETARGET|ERR_PNPM_FETCH_404|NO_MATCHING_VERSION/,
    message: 'The package registry does not have a version that is needed; a private mirror may lag behind.',
    fix: 'look at `npm config get registry`, go back with `npm config delete registry`, then run this again',
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|SOCKET_TIMEOUT|META_FETCH_FAIL|network/i,
    message: 'The package registry cannot be reached: no network, or a proxy stands in between.',
    fix:
      'check the connection; behind a proxy type `npm config set proxy http://host:port` and ' +
      '`npm config set https-proxy http://host:port`; then run this again',
  },
];

/**
 * @param {{ output: string, command: string }} failed `command` is what a person types to see it fail alone
 */
export function packageFailure({ output, command }) {
  const known = explanations.find(({ pattern }) => pattern.test(output));
  if (known !== undefined) return new Failure(known.message, { fix: known.fix, output });
  return new Failure(`\`${command}\` failed.`, {
    fix: `run \`${command}\` to see it alone, mend what it says, then run this again`,
    output,
  });
}
