import { definePlatform, platformId } from '@bridge/core';
import { capabilities } from './capabilities.ts';
import { conversationOf, identityOf, member, memberExample, settings } from './config.ts';
import { doctor } from './doctor.ts';
import { createGateway } from './gateway.ts';
import { createInteractions } from './interactions.ts';
import { createMedia } from './media.ts';
import { parseRaw } from './parse.ts';
import { createApi } from './rest.ts';
import { createSender } from './send.ts';
import { setup } from './setup.ts';

/**
 * Discord: messages come in through the gateway and go out through one webhook per channel (or in the bot's own name);
 * HTTP interactions are answered at /discord.
 */
export const platform = definePlatform({
  id: platformId('discord'),
  displayName: 'Discord',
  settings,
  member,
  memberExample,
  conversationOf,
  capabilities,
  create: ({ token, apiUrl, applicationId, publicKey, senderMode }, { log, requireAuth, openUrl }) => {
    const identity = identityOf({ token, applicationId });
    const api = createApi({ token, apiUrl });
    const looking = { api, mode: senderMode, applicationId, publicKey };
    return {
      webhook: createInteractions({ publicKey, requireAuth }),
      stream: createGateway({ token, identity, api, log }),
      sender: createSender({ api, identity, mode: senderMode }),
      parse: (event) => parseRaw(event, identity),
      openMedia: createMedia({ api, apiUrl, openUrl }),
      doctor: (look) => doctor(looking, look),
      setup: (look) => setup(looking, look),
    };
  },
});
