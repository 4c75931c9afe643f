import type { SimChange } from '@bridge/simulators';
import { type PlatformName, type World, platformNames } from '../support/world.ts';

/** A message that a person wrote, and what became of it at its source. */
export interface Original {
  readonly platform: PlatformName;
  readonly room: number;
  /** Counts up per platform and room. */
  readonly number: number;
  /** The platform's id. */
  readonly id: string;
  revision: number;
  deleted: boolean;
  /** Where it stands among what was accepted of its room; undefined until then. */
  rank: number | undefined;
  /**
   * One of its events was refused when it was first told, so that CometChat told a later one first. Their order, and what the
   * copies show in the end, is then CometChat's doing.
   */
  overtaken: boolean;
}

/** A message of the bridge at its target. */
export interface Copy {
  readonly target: PlatformName;
  readonly room: number;
  readonly id: string;
  /** Of the original, as its text says; undefined when it says nothing. */
  readonly key: string | undefined;
  readonly text: string;
  /** Each that was shown, in order. */
  readonly revisions: number[];
  deleted: boolean;
}

/** What was written, what was accepted and what arrived, as it happened. */
export interface Ledger {
  readonly originals: ReadonlyMap<string, Original>;
  /** In the order of arrival. */
  readonly copies: readonly Copy[];
  /** Changes of copies that no copy was known for. */
  readonly strays: readonly string[];
  /** Everything that people did: messages, edits and deletes. */
  readonly events: number;
  /** Of CometChat's events, those that no webhook call was answered 2xx for yet. */
  readonly unaccepted: ReadonlySet<string>;
  /** When the copies changed last (performance.now). */
  readonly changedAt: number;
  write(platform: PlatformName, room: number): Original;
  edit(original: Original): void;
  remove(original: Original): void;
  /** A webhook call of CometChat was answered. */
  told(body: string, accepted: boolean): void;
}

/** `m:<platform>:<room>:<number>;r<revision>`: unique over the whole run, and found wherever it ends up. */
const token = /(m:(?:cometchat|discord|telegram):\d+:\d+);r(\d+)/;

export const keyOf = ({ platform, room, number }: Pick<Original, 'platform' | 'room' | 'number'>): string =>
  `m:${platform}:${room}:${number}`;
const textOf = (original: Original): string => `${keyOf(original)};r${original.revision} some words`;

export function createLedger(world: World): Ledger {
  return new ChaosLedger(world);
}

class ChaosLedger implements Ledger {
  readonly originals = new Map<string, Original>();
  readonly copies: Copy[] = [];
  readonly strays: string[] = [];
  readonly unaccepted = new Set<string>();
  events = 0;
  changedAt = performance.now();
  readonly #world: World;
  readonly #rooms = new Map<string, number>();
  readonly #byId = new Map<string, Copy>();
  /** Of originals by platform and id. */
  readonly #keys = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #accepted = 0;

  constructor(world: World) {
    this.#world = world;
    for (const platform of platformNames) {
      for (const [number, room] of world.rooms.entries()) this.#rooms.set(`${platform} ${room[platform]}`, number);
      world.simulators[platform].onChange((change) => {
        if (change.message.viaApi) this.#changed(platform, change);
      });
    }
  }

  write(platform: PlatformName, room: number): Original {
    const counter = `${platform}:${room}`;
    const number = this.#counts.get(counter) ?? 0;
    this.#counts.set(counter, number + 1);
    const draft = { platform, room, number, revision: 0, deleted: false, rank: undefined, overtaken: false };
    const posted = this.#world.simulators[platform].post({
      room: this.#roomId(platform, room),
      author: this.#world.people[platform],
      text: textOf({ ...draft, id: '' }),
    });
    const original: Original = { ...draft, id: posted.id };
    this.originals.set(keyOf(original), original);
    this.#keys.set(`${platform} ${room} ${posted.id}`, keyOf(original));
    this.#happened(original, `sent ${posted.id}`);
    return original;
  }

  edit(original: Original): void {
    const { platform, room, id } = original;
    original.revision += 1;
    this.#world.simulators[platform].edit({ room: this.#roomId(platform, room), message: id, text: textOf(original) });
    this.#happened(original, `edited ${id} ${original.revision}`);
  }

  remove(original: Original): void {
    const { platform, room, id } = original;
    original.deleted = true;
    this.#world.simulators[platform].remove({ room: this.#roomId(platform, room), message: id });
    this.#happened(original, `deleted ${id}`);
  }

  told(body: string, accepted: boolean): void {
    const event = eventOf(body);
    if (event === undefined || !this.unaccepted.has(event.name)) return;
    const original = this.originals.get(this.#keys.get(`cometchat ${this.#rooms.get(`cometchat ${event.room}`)} ${event.id}`) ?? '');
    if (original === undefined) return;
    if (!accepted) {
      original.overtaken = true;
      return;
    }
    this.unaccepted.delete(event.name);
    if (event.name.startsWith('sent ')) this.#rank(original);
  }

  /** Telegram and Discord hold an event until it is taken, in order; CometChat's may be refused for good. */
  #happened(original: Original, name: string): void {
    this.events += 1;
    if (original.platform === 'cometchat') this.unaccepted.add(name);
    else this.#rank(original);
  }

  #rank(original: Original): void {
    this.#accepted += 1;
    original.rank ??= this.#accepted;
  }

  #roomId = (platform: PlatformName, room: number): string => this.#world.rooms[room]?.[platform] ?? '';

  #changed(target: PlatformName, { kind, message }: SimChange): void {
    this.changedAt = performance.now();
    const room = this.#rooms.get(`${target} ${message.room}`) ?? -1;
    const [, key, revision] = token.exec(message.text) ?? [];
    const place = `${target} ${room} ${message.id}`;
    if (kind === 'posted') {
      const copy: Copy = {
        target,
        room,
        id: message.id,
        key,
        text: message.text.slice(0, 80),
        revisions: [Number(revision)],
        deleted: false,
      };
      this.copies.push(copy);
      this.#byId.set(place, copy);
      return;
    }
    const copy = this.#byId.get(place);
    if (copy === undefined) return void this.strays.push(`${kind} ${place}`);
    if (kind === 'deleted') copy.deleted = true;
    else if (key === copy.key) copy.revisions.push(Number(revision));
    else this.strays.push(`${target} ${room}: ${copy.text} became ${message.text.slice(0, 80)}`);
  }
}

interface ToldEvent {
  readonly name: string;
  readonly room: string;
  readonly id: string;
}

/** Which event of a person a webhook call of CometChat tells of; undefined for those of our own messages. */
function eventOf(body: string): ToldEvent | undefined {
  const json: unknown = JSON.parse(body);
  const message = at(json, 'data', 'message');
  const subject = at(message, 'data', 'entities', 'on', 'entity') ?? message;
  const id = String(at(subject, 'id'));
  const room = String(at(subject, 'receiver'));
  switch (at(json, 'trigger')) {
    case 'message_sent':
      return { name: `sent ${id}`, room, id };
    case 'message_edited':
      return { name: `edited ${id} ${token.exec(String(at(subject, 'data', 'text')))?.[2]}`, room, id };
    case 'message_deleted':
      return { name: `deleted ${id}`, room, id };
    default:
      return undefined;
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}
