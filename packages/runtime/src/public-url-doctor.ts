import type { Finding } from '@bridge/core';
import { z } from 'zod';

export interface PublicUrlLook {
  /** PUBLIC_URL. */
  readonly publicUrl: URL | undefined;
  /** Display names of the platforms whose messages come only to a public URL. */
  readonly needing: readonly string[];
  readonly signal: AbortSignal;
}

const check = 'address';
const aliveSchema = z.object({ status: z.literal('alive') });

/** Whether PUBLIC_URL leads to this bridge. Total. */
export async function lookAtPublicUrl({ publicUrl, needing, signal }: PublicUrlLook): Promise<readonly Finding[]> {
  if (publicUrl === undefined) return [missing(needing)];
  const url = new URL('livez', publicUrl);
  try {
    const response = await fetch(url, { redirect: 'manual', signal });
    const isOurs = aliveSchema.safeParse(await response.json().catch(() => undefined)).success;
    return [isOurs ? reached(publicUrl) : elsewhere(url, response.status)];
  } catch (error) {
    return [unreached(url, error)];
  }
}

function missing(needing: readonly string[]): Finding {
  if (needing.length === 0) return { check, status: 'pass', detail: 'None is set, and no configured platform needs one.' };
  const detail = `PUBLIC_URL is not set, and ${needing.join(' and ')} ${needing.length === 1 ? 'sends its' : 'send their'} messages to a public URL.`;
  return { check, status: 'fail', detail, fix: 'set PUBLIC_URL to the https URL that reaches PORT' };
}

function reached(publicUrl: URL): Finding {
  const detail = `${publicUrl.origin} leads to this bridge.`;
  if (publicUrl.protocol === 'https:') return { check, status: 'pass', detail };
  const fix = 'for real platforms put a reverse proxy with a certificate in front, and set PUBLIC_URL to its https address';
  return { check, status: 'warn', detail: `${detail} It is http on this machine, which no platform on the internet reaches.`, fix };
}

function elsewhere(url: URL, status: number): Finding {
  const redirect = status >= 300 && status < 400;
  const detail = `${url.href} answers with ${status}, but not as this bridge does.`;
  const fix = redirect
    ? 'set PUBLIC_URL to where it redirects to: platforms do not follow redirects'
    : `let the reverse proxy or tunnel of ${url.host} pass everything on to PORT of this bridge, and see that ingress runs`;
  return { check, status: 'fail', detail, fix };
}

const certificate = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|SSL/;

function unreached(url: URL, error: unknown): Finding {
  const code = codeOf(error);
  const said = (detail: string, fix: string): Finding => ({ check, status: 'fail', detail, fix });
  if (certificate.test(code))
    return said(
      `The certificate of ${url.host} is not trusted (${code}), so platforms will not call it.`,
      'use a certificate of a public authority with its whole chain (Let’s Encrypt: fullchain.pem), valid for this very name',
    );
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return said(
      `There is no address for ${url.hostname}.`,
      'correct PUBLIC_URL, or add the DNS record; a new one may take minutes to be seen',
    );
  if (code === 'ECONNREFUSED')
    return said(`Nothing listens at ${url.host}.`, 'start ingress (`bridge start --roles ingress`) and the reverse proxy in front of it');
  return said(
    `${url.host} does not answer from here (${code}).`,
    'open the port in the firewall. If it does answer from outside, your router does not lead its own address back in, and all is well',
  );
}

/** The system's or TLS's code under what `fetch` throws. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}
