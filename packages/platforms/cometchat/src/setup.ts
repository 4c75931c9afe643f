import type { SetupStep } from '@bridge/core';
import { isCode } from './client.ts';
import { targetOf } from './config.ts';
import { credentialProblem, membershipTriggers, triggersFor, webhookUrl } from './dashboard.ts';
import { type Examined, roomMissing } from './doctor.ts';
import { bridgePuppet, Puppets } from './ensure.ts';
import { toDeliveryError } from './failures.ts';

/**
 * Makes the bridge's own user, looks at the groups, and says what a person types into the dashboard: webhooks are managed
 * with a key that only CometChat's sales department gives out.
 */
export async function* setup(examined: Examined): AsyncIterable<SetupStep> {
  yield await madeUser(examined);
  for (const conversation of examined.look.conversations) {
    const step = await missingRoom(examined, targetOf(conversation));
    if (step !== undefined) yield step;
  }
  yield* webhookFields(examined);
}

async function madeUser({ client, settings, look }: Examined): Promise<SetupStep> {
  const { bridgeUid } = settings;
  try {
    await new Puppets(client).ensure(bridgePuppet(bridgeUid), look.signal);
    return {
      status: 'done',
      say: `The bridge’s own user ${bridgeUid} is there. Give it a name and a picture in the dashboard if you like: Users → ${bridgeUid}.`,
    };
  } catch (error) {
    return {
      status: 'failed',
      say: `The bridge’s own user ${bridgeUid} could not be made. ${toDeliveryError(error, 'preparing').message}`,
    };
  }
}

async function missingRoom({ client, look }: Examined, target: ReturnType<typeof targetOf>): Promise<SetupStep | undefined> {
  const { receiver, receiverType } = target;
  try {
    await client.call({ method: 'GET', path: `/${receiverType}s/${encodeURIComponent(receiver)}` }, look.signal);
    return undefined;
  } catch (error) {
    const say = isCode(error, roomMissing)
      ? `There is no ${receiverType} ${receiver}. Make it in the dashboard, or correct bridges.yaml.`
      : `The ${receiverType} ${receiver} could not be looked at. ${toDeliveryError(error, 'preparing').message}`;
    return { status: 'failed', say };
  }
}

function* webhookFields({ settings, look }: Examined): Iterable<SetupStep> {
  const todo = (say: string): SetupStep => ({ status: 'todo', say });
  const address = webhookUrl(look.publicUrl, settings);
  yield todo('Open app.cometchat.com → your app → Settings → Webhooks (not Legacy Webhooks: one switches the other off) → Add Webhook.');
  yield todo('Webhook ID: bridge');
  yield 'url' in address ? todo(`URL: ${address.url}`) : { status: 'failed', say: `URL: ${address.problem} ${address.fix}` };
  yield todo(`Security: Basic authentication on. Username: ${settings.webhookUsername}`);
  const problem = credentialProblem(settings);
  if (problem !== undefined) yield { status: 'failed', say: `Password: the dashboard will not take it. ${problem}` };
  else
    yield todo(
      look.showSecrets === true
        ? `Password: ${settings.webhookSecret}`
        : 'Password: the value of COMETCHAT_WEBHOOK_SECRET; `bridge setup cometchat --show` prints it.',
    );
  yield todo('Retry on failure: on. Without it, what comes while the bridge is down for a moment is lost on the way.');
  for (const trigger of triggersFor(settings)) yield todo(`Trigger, ticked by itself: ${trigger}`);
  yield todo(`Triggers for bridges with \`joins: true\`: ${membershipTriggers.join(', ')}`);
  yield todo('Enable the webhook and save. Then write something in a bridged group, and `bridge doctor` tells whether it came.');
}
