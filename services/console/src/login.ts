import { readFile } from 'node:fs/promises';
import { sendError } from '@bridge/runtime';
import express, { type Express, type Response } from 'express';
import { z } from 'zod';
import type { Access } from './access.ts';

const formSchema = z.object({ password: z.string().min(1).max(1_000) });
const page = new URL('../public/login.html', import.meta.url);

/** The login page, which needs no script, and what its form does. */
export function mountLogin(app: Express, access: Access): void {
  app.get('/login', async (request, response) => {
    if (access.isLoggedIn(request)) return response.redirect(303, '/');
    await show(response, 200, '');
  });
  app.post('/login', express.urlencoded({ extended: false, limit: '10kb' }), async (request, response) => {
    const form = formSchema.safeParse(request.body);
    if (!form.success) return show(response, 422, 'Type the password first.');
    const { ok, wait } = await access.logIn(request, response, form.data.password);
    if (ok) return response.redirect(303, '/');
    if (wait === undefined) return show(response, 401, 'That is not the password.');
    response.setHeader('retry-after', String(wait));
    return show(response, 429, `Too many tries. Wait ${wait} s, then try again.`);
  });
  app.post('/logout', (request, response) => {
    if (!access.isLoggedIn(request)) return sendError(response, 401, 'not_logged_in', 'There is no session to end.');
    access.logOut(request, response);
    response.redirect(303, '/login');
  });
}

async function show(response: Response, status: number, sentence: string): Promise<void> {
  const html = await readFile(page, 'utf8');
  response.status(status).type('html').send(html.replace('<!-- sentence -->', sentence));
}
