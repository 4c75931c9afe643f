/** Discord's own shapes, as far as the simulator has them: field names are the API's. */

export interface DiscordUser {
  readonly id: string;
  readonly username: string;
  readonly discriminator: string;
  readonly global_name: string | null;
  readonly avatar: string | null;
  readonly bot?: boolean;
}

export interface DiscordChannel {
  readonly id: string;
  readonly guild_id: string;
  readonly name: string;
  /** 0 text, 11 public thread. */
  readonly type: number;
  readonly parent_id: string | null;
}

export interface DiscordPermissions {
  readonly view: boolean;
  readonly send: boolean;
  readonly manageWebhooks: boolean;
  readonly manageMessages: boolean;
}

export interface DiscordWebhook {
  readonly id: string;
  readonly token: string;
  readonly channel_id: string;
  readonly guild_id: string;
  readonly name: string;
  readonly application_id: string | null;
}

export interface DiscordMessage {
  readonly id: string;
  readonly channel_id: string;
  readonly author: DiscordUser;
  readonly avatarUrl?: string;
  content: string;
  readonly timestamp: string;
  edited_timestamp: string | null;
  deleted: boolean;
  readonly type: number;
  readonly webhook_id?: string;
  readonly application_id?: string;
  readonly nonce?: string | number;
  readonly message_reference?: { readonly message_id: string; readonly channel_id: string };
  readonly attachments: readonly object[];
  embeds: readonly object[];
  readonly viaApi: boolean;
  readonly reactions: Map<string, Set<string>>;
}

const discordEpoch = 1_420_070_400_000n;

export function createSnowflakes(): () => string {
  let last = 0n;
  return () => {
    const now = (BigInt(Date.now()) - discordEpoch) << 22n;
    last = now > last ? now : last + 1n;
    return String(last);
  };
}
