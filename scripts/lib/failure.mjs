/** A step that failed for a reason the person at the keyboard can mend: `message` says what, `fix` what to type. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {{ fix: string, output?: string | undefined }} details `output` is what the failing command printed
   */
  constructor(message, { fix, output = '' }) {
    super(message);
    this.name = 'Failure';
    this.fix = fix;
    this.output = output;
  }
}

/**
 * @param {unknown} error
 * @returns {string} the system's error code, such as `ENOENT`; empty where there is none
 */
export function errorCode(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/**
 * @param {string} text
 * @param {number} count
 */
export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
