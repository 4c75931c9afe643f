import { crc32, deflateSync } from 'node:zlib';

const size = 64;

/** A square portrait of nobody in particular, for where bytes of a real picture are asked for; `hue` in degrees. */
export function portraitPng(hue: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // Eight bits a channel, red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const [ground, person] = [rgb(hue), Buffer.of(244, 244, 248)];
  const across = Array.from({ length: size }, (_, index) => index);
  const rows = across.map((y) => Buffer.concat([Buffer.of(0), ...across.map((x) => (isPerson(x, y) ? person : ground))]));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.concat(rows));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** Head and shoulders. */
function isPerson(x: number, y: number): boolean {
  const head = ((x - 31.5) / 11) ** 2 + ((y - 24) / 12) ** 2;
  const shoulders = ((x - 31.5) / 21) ** 2 + ((y - 60) / 19) ** 2;
  return Math.min(head, shoulders) < 1;
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

function rgb(hue: number): Buffer {
  const channel = (shift: number): number => Math.round(110 + 70 * Math.cos(((hue - shift) * Math.PI) / 180));
  return Buffer.of(channel(0), channel(120), channel(240));
}
