/**
 * Something wrong with the configuration, said so that a person can mend it. Neither sentence ever holds the value
 * of a secret, so a problem may be logged and printed as it is.
 */
export interface Problem {
  /** The environment variable it is about. */
  readonly variable?: string;
  /** The file it stands in, as the operator named it. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** What is wrong: a sentence without a full stop. */
  readonly message: string;
  /** What to do about it: an imperative sentence without a full stop. */
  readonly fix: string;
}

/** Where a problem is, as editors and terminals make it clickable: `bridges.yaml:7:18`. Empty when it is nowhere. */
export function placeOf(problem: Problem): string {
  return [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
}

/** One line for terminal and log: place, sentence, fix. */
export function formatProblem(problem: Problem): string {
  const place = placeOf(problem);
  return `${place === '' ? '' : `${place}: `}${problem.message}. Fix: ${problem.fix}.`;
}
