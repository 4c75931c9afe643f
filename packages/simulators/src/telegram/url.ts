/** A link as Telegram keeps it; undefined for one that it refuses. Without a scheme it is http. */
export function normalUrl(value: string): string | undefined {
  const withScheme = /^[a-z][a-z0-9+.-]*:/i.test(value) ? value : `http://${value}`;
  if (!/^(?:https?|tg|ton|tonsite):/i.test(withScheme)) return undefined;
  try {
    const url = new URL(withScheme);
    if (url.protocol.startsWith('http') && !url.hostname.includes('.') && url.hostname !== 'localhost') return undefined;
    return url.href;
  } catch {
    return undefined;
  }
}
