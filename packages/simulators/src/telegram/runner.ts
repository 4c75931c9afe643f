import { ApiError, badRequest } from './api-error.ts';
import { knownMethods } from './api-table.ts';
import type { Method, MethodContext, MethodResult } from './method.ts';
import { botMethods } from './methods-bot.ts';
import { mediaMethods } from './methods-media.ts';
import { messageMethods } from './methods-messages.ts';
import { isObject, type Params } from './params.ts';
import { startWebhook, type Webhook, type WebhookAttempt } from './webhook.ts';

/** The methods with the webhook that they set and unset. */
export interface Runner {
  run(method: string, params: Params): MethodResult | Promise<MethodResult>;
  changed: MethodContext['changed'];
  close(): void;
}

/** What the runner is made of. */
export interface RunnerOptions extends Omit<MethodContext, 'webhook' | 'setWebhook'> {
  readonly webhookTimeoutMs: number;
  attempted(attempt: WebhookAttempt): void;
}

const methods: ReadonlyMap<string, Method> = new Map<string, Method>(Object.entries({ ...messageMethods, ...mediaMethods, ...botMethods }));

/** Methods that a webhook's answer may not call. */
const notFromWebhook = /^(?:get|setwebhook$|deletewebhook$|close$|logout$)/i;

/** No webhook is set at the start. */
export function createRunner(options: RunnerOptions): Runner {
  let webhook: Webhook | undefined;
  const context: MethodContext = {
    ...options,
    get webhook() {
      return webhook;
    },
    setWebhook(config) {
      webhook?.stop();
      webhook = config && startWebhook(config, { ...host, queue: options.queue });
    },
  };
  const run = (name: string, params: Params): MethodResult | Promise<MethodResult> => {
    const method = methods.get(name);
    if (method) return method(params, context);
    if (knownMethods.has(name.toLowerCase())) throw badRequest(`method ${name} is not simulated`);
    throw new ApiError(404, 'Not Found: method not found');
  };
  const host = {
    timeScale: options.timeScale,
    timeoutMs: options.webhookTimeoutMs,
    log: options.attempted,
    gone: () => context.setWebhook(undefined),
    execute: (answer: string) => executeAnswer(answer, run),
  };
  return {
    run,
    changed: options.changed,
    close() {
      webhook?.stop();
      options.queue.endPoll('Conflict: terminated by setWebhook request');
    },
  };
}

/** A 2xx answer may hold a call; what comes of it is told to nobody. */
function executeAnswer(answer: string, run: Runner['run']): void {
  const call = parse(answer);
  const method = isObject(call) ? call['method'] : undefined;
  if (!isObject(call) || typeof method !== 'string' || method === '' || notFromWebhook.test(method)) return;
  const params = new Map(Object.entries(call).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
  try {
    Promise.resolve(run(method, params)).catch(() => undefined);
  } catch {
    // Refused: the official server keeps that to itself too.
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
