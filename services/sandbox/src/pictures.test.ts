import { expect, test } from 'vitest';
import { pictures } from './pictures.ts';

const picture = pictures({ cometchat: 'http://sandbox:9001/v3', discord: 'http://sandbox:9002/api', telegram: 'http://sandbox:9003' });

test.for([
  ['http://sandbox:9001/avatars/ana.svg', '/pictures/cometchat/avatars/ana.svg'],
  ['http://sandbox:9003/avatars/7.svg', '/pictures/telegram/avatars/7.svg'],
  ['https://cdn.example/face.png', 'https://cdn.example/face.png'],
  ['no url', 'no url'],
] as const)('%s is loaded from %s', ([url, from]) => {
  expect(picture(url)).toBe(from);
});
