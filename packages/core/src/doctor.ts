/** What a look at the running world found about one thing. */
export interface Finding {
  /** What was looked at, such as `token` or `webhook`. */
  readonly check: string;
  readonly status: 'pass' | 'warn' | 'fail';
  /** What was found, in a sentence without any secret. */
  readonly detail: string;
  /** What to do about it, where there is something. */
  readonly fix?: string;
}

/** One step of a platform's set-up. */
export interface SetupStep {
  /** `done`: the bridge did it. `todo`: a person has to. `failed`: it was tried. */
  readonly status: 'done' | 'todo' | 'failed';
  readonly say: string;
}
