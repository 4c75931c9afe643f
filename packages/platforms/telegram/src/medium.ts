import type { AttachmentKind, OutgoingFile } from '@bridge/core';

/** How Telegram shows a file; the name of the method's field too. */
export type Medium = 'photo' | 'video' | 'animation' | 'audio' | 'voice' | 'video_note' | 'document' | 'sticker';

/** https://core.telegram.org/bots/api#sendphoto: 10 MB, which its server counts in powers of two. */
const maxPhotoBytes = 10 << 20;

const isPhoto = /^image\/(png|jpe?g|webp)$/;
// https://core.telegram.org/bots/api#sendvideo: "Telegram clients support MPEG4 videos"; QuickTime is its twin.
const isVideo = /^video\/(mp4|quicktime|x-m4v)$/;
// #sendaudio takes .mp3 and .m4a, #sendvoice those and Opus in Ogg; the server shows others as plain files.
const isMusic = /^audio\/(mpeg|mp3|mp4|x-m4a|m4a|aac)$/;
const isSpeech = /^audio\/(ogg|opus|mpeg|mp3|mp4|x-m4a|m4a)$/;
// #sendsticker: .WEBP, .TGS and .WEBM.
const isSticker = /^(image\/webp|application\/x-tgsticker|video\/webm)$/;

interface Known {
  readonly mime: string;
  readonly bytes: number | undefined;
}

const still = ({ mime, bytes = 0 }: Known): Medium =>
  mime === 'image/gif' ? 'animation' : isPhoto.test(mime) && bytes <= maxPhotoBytes ? 'photo' : 'document';
const moving = ({ mime }: Known): Medium => (isVideo.test(mime) ? 'video' : 'document');
const heard = ({ mime }: Known): Medium => (isMusic.test(mime) ? 'audio' : 'document');

const mediumFor: Readonly<Record<AttachmentKind, (file: Known) => Medium>> = {
  image: still,
  video: moving,
  animation: (file) => (file.mime === 'image/gif' || isVideo.test(file.mime) ? 'animation' : 'document'),
  audio: heard,
  voice: (file) => (isSpeech.test(file.mime) ? 'voice' : heard(file)),
  'round-video': (file) => (file.mime === 'video/mp4' ? 'video_note' : moving(file)),
  // PNG stickers and the like, of other platforms, are pictures here.
  sticker: (file) => (isSticker.test(file.mime) ? 'sticker' : still(file)),
  file: () => 'document',
};

const endings: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['mp4', 'video/mp4'],
  ['mov', 'video/quicktime'],
  ['webm', 'video/webm'],
  ['mp3', 'audio/mpeg'],
  ['m4a', 'audio/mp4'],
  ['ogg', 'audio/ogg'],
  ['tgs', 'application/x-tgsticker'],
]);

/** The type without its parameters; where the source told none, what the name's ending says. */
function typeOf({ mime, name }: Pick<OutgoingFile, 'mime' | 'name'>): string {
  const told = mime.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (told !== '' && told !== 'application/octet-stream') return told;
  return endings.get(name.split('.').at(-1)?.toLowerCase() ?? '') ?? told;
}

/** How one file is sent. What Telegram would not show as what it is goes as a document, which it takes whatever it is. */
function mediumOf(file: OutgoingFile): Medium {
  return mediumFor[file.kind]({ mime: typeOf(file), bytes: file.bytes });
}

/** How the files of one message are sent: photos and videos share an album, audio files and documents have each their own. */
export function mediaOf(files: readonly OutgoingFile[]): readonly Medium[] {
  const media = files.map(mediumOf);
  if (files.length < 2) return media;
  const shared = media.every((one) => one === 'photo' || one === 'video') || media.every((one) => one === 'audio');
  return shared ? media : media.map(() => 'document');
}
