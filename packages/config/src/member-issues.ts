import type { z } from 'zod';

/** What a platform's schema refused about a member, made flat. */
export interface MemberIssue {
  /** The member's key it is about; undefined when it is about the member as a whole. */
  readonly key: string | undefined;
  readonly message: string;
  /** Text was wanted and something else stood there. */
  readonly wantsText: boolean;
}

/**
 * Issues of a platform's member schema in terms of the member's keys. Of a union, the branch that fits what was
 * written best speaks: "Invalid input" alone would help nobody.
 */
export function explainIssues(issues: readonly z.core.$ZodIssue[], input: object): MemberIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.path.length > 0 || issue.errors.length === 0) return [flat(issue)];
    return explainIssues(bestBranch(issue.errors, input), input);
  });
}

function bestBranch(branches: readonly (readonly z.core.$ZodIssue[])[], input: object): readonly z.core.$ZodIssue[] {
  const cost = (issues: readonly z.core.$ZodIssue[]): number => issues.reduce((sum, issue) => sum + weight(issue, input), 0);
  return branches.toSorted((a, b) => cost(a) - cost(b))[0] ?? [];
}

/** A key that was written but does not belong to a shape speaks strongest against it. */
function weight(issue: z.core.$ZodIssue, input: object): number {
  if (issue.code === 'unrecognized_keys') return 100 * issue.keys.length;
  const key = issue.path[0];
  return typeof key === 'string' && key in input ? 1 : 10;
}

function flat(issue: z.core.$ZodIssue): MemberIssue {
  const [key] = issue.path;
  if (issue.code === 'unrecognized_keys')
    return { key: undefined, message: `${issue.keys.join(' and ').slice(0, 60)} cannot be combined with the other keys`, wantsText: false };
  return {
    key: typeof key === 'string' ? key : undefined,
    message: issue.message.replace(/^Invalid input: /, ''),
    wantsText: issue.code === 'invalid_type' && issue.expected === 'string',
  };
}
