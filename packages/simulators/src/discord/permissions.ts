/** The permissions that this simulator checks, named and valued as Discord does. */
export const permissionBits = {
  MANAGE_CHANNELS: 1n << 4n,
  ADD_REACTIONS: 1n << 6n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  SEND_TTS_MESSAGES: 1n << 12n,
  MANAGE_MESSAGES: 1n << 13n,
  EMBED_LINKS: 1n << 14n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  MENTION_EVERYONE: 1n << 17n,
  MANAGE_WEBHOOKS: 1n << 29n,
  MANAGE_THREADS: 1n << 34n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
} as const;

export type PermissionName = keyof typeof permissionBits;

export const permissionNames: readonly PermissionName[] = Object.keys(permissionBits).filter(isPermission);

/** All of them, as the decimal text of Discord's permission fields. */
export const allPermissions = bitsOf(permissionNames);

/** As the decimal text of Discord's permission fields. */
export function bitsOf(names: Iterable<PermissionName>): string {
  let bits = 0n;
  for (const name of names) bits |= permissionBits[name];
  return bits.toString();
}

function isPermission(name: string): name is PermissionName {
  return name in permissionBits;
}
