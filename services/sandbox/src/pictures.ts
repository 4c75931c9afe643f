import type { Express } from 'express';
import type { ApiUrls } from './keys.ts';

const prefix = '/pictures/';

const originsOf = ({ cometchat, discord, telegram }: ApiUrls): ReadonlyMap<string, string> =>
  new Map(Object.entries<string>({ cometchat, discord, telegram }).map(([platform, api]) => [platform, new URL(api).origin]));

/**
 * A browser may not reach the platforms by the name that the bridge uses for them, so the page serves their pictures
 * and files itself: gives the path for a platform's URL, and any other URL as it is.
 */
export function pictures(urls: ApiUrls): (url: string) => string {
  const origins = originsOf(urls);
  return (url) => {
    if (!URL.canParse(url)) return url;
    const { origin, pathname, search } = new URL(url);
    const platform = [...origins].find(([, known]) => known === origin)?.[0];
    return platform === undefined ? url : `${prefix}${platform}${pathname}${search}`;
  };
}

/** Serves what `pictures` names. */
export function mountPictures(app: Express, urls: ApiUrls): void {
  const origins = originsOf(urls);
  app.get(/^\/pictures\/([a-z]+)\/./, async (request, response, next) => {
    const platform = request.params[0] ?? '';
    const origin = origins.get(platform);
    if (origin === undefined) return next();
    const answer = await fetch(new URL(request.originalUrl.slice(prefix.length + platform.length), origin));
    if (!answer.ok) return next();
    response.type(answer.headers.get('content-type') ?? 'application/octet-stream').set('cache-control', 'public, max-age=3600');
    response.send(Buffer.from(await answer.arrayBuffer()));
  });
}
