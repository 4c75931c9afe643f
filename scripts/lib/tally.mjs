/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Tally
 * @typedef {{ fullName: string, status: string }} Assertion
 * @typedef {{ name: string, status: string, message: string, assertions: readonly Assertion[] }} TestFile
 */

/** @param {Tally} one @param {Tally} other @returns {Tally} */
export function addTallies(one, other) {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed, skipped: one.skipped + other.skipped };
}

/** The last line of `npm test`; other programs read it. @param {Tally} tally */
export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/**
 * Counts vitest's JSON report so that nothing can pass by not running: a file that does not load, a report that is
 * missing or empty, an error outside of the tests and a skip nobody explained are failures.
 *
 * @param {{ report: unknown, code: number, maySkip: boolean, byName: boolean }} run `maySkip`: the reason for skips was
 *   printed; `byName`: the person chose tests by name, and the others show up as skipped
 * @returns {{ tally: Tally, problems: string[] }}
 */
export function tallyVitest({ report, code, maySkip, byName }) {
  const files = readReport(report);
  const assertions = files.flatMap((file) => file.assertions);
  const count = (/** @type {string} */ status) => assertions.filter((assertion) => assertion.status === status).length;
  const left = byName ? [] : assertions.filter(({ status }) => status !== 'passed' && status !== 'failed');
  const unexplained = maySkip ? [] : left;
  const problems = [
    ...files.filter(didNotLoad).map((file) => `${file.name} did not load: ${file.message.split('\n')[0]}`),
    ...unexplained.map(({ fullName }) => `"${fullName}" was skipped without a reason`),
  ];
  const passed = count('passed');
  const failed = count('failed') + problems.length;
  if (passed + failed === 0) problems.push('vitest ran no test; is the filter right?');
  else if (code !== 0 && failed === 0) problems.push(`vitest ended with code ${code} though no test failed; its output above says why`);
  const extra = problems.length > 0 && failed === 0 ? 1 : 0;
  return { tally: { passed, failed: failed + extra, skipped: left.length - unexplained.length }, problems };
}

/** @param {TestFile} file */
function didNotLoad(file) {
  return file.status === 'failed' && !file.assertions.some(({ status }) => status === 'failed');
}

/** @param {unknown} report @returns {TestFile[]} */
function readReport(report) {
  return list(field(report, 'testResults')).map((file) => ({
    name: text(field(file, 'name')),
    status: text(field(file, 'status')),
    message: text(field(file, 'message')),
    assertions: list(field(file, 'assertionResults')).map((assertion) => ({
      fullName: text(field(assertion, 'fullName')),
      status: text(field(assertion, 'status')),
    })),
  }));
}

/** @param {unknown} value @param {string} name @returns {unknown} */
function field(value, name) {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === 'string' ? value : '';
}

/** @param {unknown} value @returns {readonly unknown[]} */
function list(value) {
  return Array.isArray(value) ? value : [];
}
