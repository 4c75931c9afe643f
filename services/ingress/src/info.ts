import type { Platform } from '@bridge/core';
import type { RoleContext } from '@bridge/runtime';
import type { Express } from 'express';

/** `GET /` and `GET /<platform>`: what is here and whether it is configured; for people and for a first curl. */
export function mountInfo(app: Express, context: RoleContext): void {
  app.get('/', (_request, response) => {
    response.json({
      name: 'CometChat Integrations',
      version: context.version,
      endpoints: {
        ...Object.fromEntries(context.known.map((platform) => [`/${platform.id}`, `webhook of ${platform.displayName}`])),
        '/health': 'whether messages flow',
        '/status': 'queues, processes and connections',
        '/livez': 'the process lives',
        '/readyz': 'the process can take events',
      },
    });
  });
  for (const platform of context.known) {
    app.get(`/${platform.id}`, (_request, response) => response.json(describe(platform, context)));
    // Configured platforms mounted their own POST before this one.
    app.post(`/${platform.id}`, (_request, response) => {
      response.status(404).json({
        error: { code: 'not_configured', message: `${platform.displayName} has no webhook here; see GET /${platform.id}.` },
      });
    });
  }
}

function describe(platform: Platform, context: RoleContext) {
  const active = context.platforms.get(platform.id);
  const webhook = active?.instance.webhook;
  const base = context.publicUrl?.href.replace(/\/$/, '');
  return {
    platform: platform.id,
    name: platform.displayName,
    configured: active !== undefined,
    webhook: webhook ? { method: 'POST', url: base === undefined ? null : `${base}${webhook.path}`, path: webhook.path } : null,
    note: active === undefined ? `Set ${required(platform)} to switch it on.` : note(webhook !== undefined),
  };
}

function required(platform: Platform): string {
  return Object.values(platform.settings)
    .filter((setting) => setting.required)
    .map((setting) => setting.env)
    .join(', ');
}

function note(hasWebhook: boolean): string {
  return hasWebhook ? 'Only the platform itself may POST here; it proves that with the configured secret.' : 'Events come over a connection that we hold open.';
}
