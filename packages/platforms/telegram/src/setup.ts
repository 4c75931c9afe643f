import type { DoctorLook, Log, SetupStep } from '@bridge/core';
import { botIdOf } from './config.ts';
import { asked, chatsOf, isFinding, type Patient, privacyFix } from './doctor.ts';
import { lookAtChat } from './doctor-chat.ts';
import { toDeliveryError } from './failures.ts';
import { registerWebhook, webhookUrl } from './register.ts';

/** Registers the webhook, or clears the way for polling, and says what only a person can do. */
export async function* setup(patient: Patient, look: DoctorLook, log: Log): AsyncGenerator<SetupStep> {
  const { client, values } = patient;
  const bot = await asked(patient, look, { check: 'token', ask: () => client.api.getMe(look.signal) });
  if (isFinding(bot)) {
    yield { status: 'failed', say: [bot.detail, bot.fix].filter(Boolean).join(' ') };
    return;
  }
  yield { status: 'done', say: `The token is that of @${bot.username ?? bot.first_name}.` };
  yield values.mode === 'polling' ? await clearForPolling(patient, look) : await register(patient, look, log);
  const seesAll = bot.can_read_all_group_messages === true;
  yield seesAll ? { status: 'done', say: 'Privacy mode is off.' } : { status: 'todo', say: privacyFix };
  for (const [chat, topics] of chatsOf(look.conversations)) {
    for await (const finding of lookAtChat({ client, botId: botIdOf(values.botToken), seesAll }, { chat, topics }, look.signal)) {
      const say = [finding.detail, finding.fix].filter(Boolean).join(' ');
      yield { status: finding.status === 'pass' ? 'done' : 'todo', say };
    }
  }
}

async function register({ client, values }: Patient, { publicUrl, signal }: DoctorLook, log: Log): Promise<SetupStep> {
  if (publicUrl === undefined)
    return {
      status: 'todo',
      say: 'Set PUBLIC_URL to the https address that reaches the bridge and run this again; without one, set TELEGRAM_MODE=polling.',
    };
  try {
    await registerWebhook(client, { publicUrl, secret: values.webhookSecret, log }, signal);
    return { status: 'done', say: `Telegram sends messages, edits and reactions to ${webhookUrl(publicUrl)}, with the secret.` };
  } catch (error) {
    return { status: 'failed', say: toDeliveryError(error, signal, client.scrub).message };
  }
}

async function clearForPolling({ client }: Patient, { signal }: DoctorLook): Promise<SetupStep> {
  try {
    const { url } = await client.api.getWebhookInfo(signal);
    if (url === '') return { status: 'done', say: 'Messages are polled: there is nothing to register.' };
    await client.api.deleteWebhook({ drop_pending_updates: false }, signal);
    return { status: 'done', say: 'The webhook that was in the way of polling is removed; what waited at Telegram still does.' };
  } catch (error) {
    return { status: 'failed', say: toDeliveryError(error, signal, client.scrub).message };
  }
}
