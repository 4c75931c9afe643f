import type { Platform } from '@bridge/core';
import { type ActivePlatform, type RoleContext, sendError } from '@bridge/runtime';
import type { Express } from 'express';

/** `GET /` and `GET /<platform>`: what is here and whether it is configured; for people and for a first curl. */
export function mountInfo(app: Express, context: RoleContext): void {
  app.get('/', (_request, response) => {
    response.json({
      name: 'CometChat Integrations',
      version: context.version,
      endpoints: {
        ...Object.fromEntries(context.known.map((platform) => [`/${platform.id}`, `webhook of ${platform.displayName}`])),
        '/media/<token>': 'a file or avatar, by a link that the bridge made',
        '/health': 'whether messages flow',
        '/status': 'queues, processes and connections',
        '/livez': 'the process lives',
        '/readyz': 'the process can take events',
      },
    });
  });
  for (const platform of context.known) {
    app.get(`/${platform.id}`, (_request, response) => response.json(describe(platform, context)));
    // Platforms that are served mounted their own POST before this one.
    app.post(`/${platform.id}`, (_request, response) => {
      sendError(response, 404, 'not_configured', `${platform.displayName} has no webhook here; see GET /${platform.id}.`);
    });
  }
}

function describe(platform: Platform, { configured, platforms, publicUrl }: RoleContext) {
  const webhook = platforms.get(platform.id)?.instance.webhook;
  const base = publicUrl?.href.replace(/\/$/, '');
  return {
    platform: platform.id,
    name: platform.displayName,
    configured: configured.has(platform.id),
    webhook: webhook ? { method: 'POST', url: base === undefined ? null : `${base}${webhook.path}`, path: webhook.path } : null,
    note: noteOn(platform, configured.get(platform.id), platforms.has(platform.id)),
  };
}

function noteOn(platform: Platform, active: ActivePlatform | undefined, served: boolean): string {
  if (active === undefined) return `Set ${required(platform)} to switch it on.`;
  if (!served) return 'Another process serves it.';
  const { stream, webhook } = active.instance;
  const held = stream === undefined ? '' : 'Messages come over a connection that we hold open. ';
  return `${held}${webhook === undefined ? '' : 'Only the platform itself may POST here; it proves that with the configured secret.'}`.trim();
}

function required(platform: Platform): string {
  return Object.values(platform.settings)
    .filter((setting) => setting.required)
    .map((setting) => setting.env)
    .join(', ');
}
