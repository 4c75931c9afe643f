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
   * CometChat waits only so long for an answer, tries again 10 s and 40 s later, and tells what came after meanwhile. Set when one
   * of its events was not accepted yet as a later one of its room was told: order, and what copies show in the end, is not ours then.
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
  /** Copies that are still to come. */
  readonly missing: number;
  /** Of CometChat's events, those that no webhook call was answered 2xx for yet, with what they are about. */
  readonly unaccepted: ReadonlyMap<string, Original>;
  /** When the copies changed last (performance.now). */
  readonly changedAt: number;
  write(platform: PlatformName, room: number): Original;
  edit(original: Original): void;
  remove(original: Original): void;
  /** A webhook call of CometChat arrives. */
  asked(body: string): void;
  /** One was answered 2xx. */
  accepted(body: string): void;
}

/** `m:<platform>:<room>:<number>;r<revision>`: unique over the whole run, and found wherever it ends up. */
const token = /(m:(?:cometchat|discord|telegram):\d+:\d+);r(\d+)/;

export const keyOf = ({ platform, room, number }: Pick<Original, 'platform' | 'room' | 'number'>): string =>
  `m:${platform}:${room}:${number}`;
const textOf = (original: Original): string => `${keyOf(original)};r${original.revision} some words`;

export interface LedgerOptions {
  /** All that people do must arrive, also what no webhook call of CometChat brought; false where absent. */
  readonly catchesUp?: boolean;
}

export function createLedger(world: World, options: LedgerOptions = {}): Ledger {
  return new ChaosLedger(world, options);
}

class ChaosLedger implements Ledger {
  readonly originals = new Map<string, Original>();
  readonly copies: Copy[] = [];
  readonly strays: string[] = [];
  /** In the order in which they happened. */
  readonly unaccepted = new Map<string, Original>();
  events = 0;
  changedAt = performance.now();
  readonly #world: World;
  readonly #catchesUp: boolean;
  readonly #rooms = new Map<string, number>();
  readonly #byId = new Map<string, Copy>();
  readonly #counts = new Map<string, number>();
  #accepted = 0;

  constructor(world: World, { catchesUp = false }: LedgerOptions) {
    this.#world = world;
    this.#catchesUp = catchesUp;
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

  asked(body: string): void {
    const name = eventOf(body);
    const original = this.unaccepted.get(name ?? '');
    for (const [earlier, of] of original === undefined ? [] : this.unaccepted) {
      if (earlier === name) break;
      if (of.room === original?.room) of.overtaken = true;
    }
  }

  accepted(body: string): void {
    const name = eventOf(body) ?? '';
    const original = this.unaccepted.get(name);
    if (original === undefined) return;
    this.unaccepted.delete(name);
    if (name.startsWith('sent ')) this.#rank(original);
  }

  /** Telegram and Discord hold an event until it is taken, in order; CometChat's may be refused for good. */
  #happened(original: Original, name: string): void {
    this.events += 1;
    if (original.platform === 'cometchat' && !this.#catchesUp) this.unaccepted.set(name, original);
    else if (name.startsWith('sent ')) this.#rank(original);
  }

  #rank(original: Original): void {
    this.#accepted += 1;
    original.rank = this.#accepted;
  }

  get missing(): number {
    return 2 * this.#accepted - this.copies.length;
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

/** Which event of a person a webhook call of CometChat tells of; undefined for what is no message. */
function eventOf(body: string): string | undefined {
  const json: unknown = JSON.parse(body);
  const message = at(json, 'data', 'message');
  const subject = at(message, 'data', 'entities', 'on', 'entity') ?? message;
  const id = String(at(subject, 'id'));
  switch (at(json, 'trigger')) {
    case 'message_sent':
      return `sent ${id}`;
    case 'message_edited':
      return `edited ${id} ${token.exec(String(at(subject, 'data', 'text')))?.[2]}`;
    case 'message_deleted':
      return `deleted ${id}`;
    default:
      return undefined;
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}
