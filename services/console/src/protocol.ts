/** What the console's server and its page say to each other. Types only: the page imports them and carries no code of ours. */

export type Tone = 'good' | 'warn' | 'bad' | 'idle';

export interface ProblemView {
  readonly tone: 'warn' | 'bad';
  /** What is wrong and how to mend it. */
  readonly text: string;
  /** The view that helps. */
  readonly view?: 'failed' | 'setup' | 'bridges' | 'messages';
}

export interface PlatformView {
  readonly id: string;
  readonly name: string;
  readonly tone: Tone;
  /** One word beside the dot. */
  readonly word: string;
  readonly detail?: string;
  /** Unix milliseconds, as all times here. */
  readonly lastIn?: number;
  readonly lastOut?: number;
  /** Deliveries to this platform that wait. */
  readonly waiting: number;
  readonly oldestAt?: number;
  readonly dead: number;
  /** Messages in each of the last 60 minutes, oldest first. */
  readonly in: readonly number[];
  readonly out: readonly number[];
}

export interface ProcessView {
  readonly id: string;
  readonly pid: number;
  readonly roles: readonly string[];
  readonly version: string;
  readonly startedAt: number;
}

export interface OverviewView {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly problems: readonly ProblemView[];
  readonly platforms: readonly PlatformView[];
  /** Events that wait for the router, whatever platform they came from. */
  readonly arriving: { readonly waiting: number; readonly oldestAt?: number; readonly dead: number };
  readonly processes: readonly ProcessView[];
  readonly totals: { readonly waiting: number; readonly dead: number; readonly inLastHour: number; readonly outLastHour: number };
  readonly bridges: { readonly all: number; readonly enabled: number };
}

export interface StepView {
  readonly step: string;
  readonly at: number;
  /** The target's platform by name, and its conversation. */
  readonly target?: string;
  readonly conversation?: string;
  readonly bridge?: string;
  readonly attempt?: number;
  readonly messages: readonly string[];
  readonly urls: readonly string[];
  readonly reason?: string;
  /** Names of the targets' platforms. */
  readonly targets?: readonly string[];
  /** When this attempt began. */
  readonly startedAt?: number;
}

export interface JourneyView {
  readonly event: string;
  readonly platform: string;
  readonly conversation?: string;
  readonly type: string;
  readonly receivedAt: number;
  readonly steps: readonly StepView[];
}

/** Server-sent events, each named by `kind`. The first one is always `overview`. */
export type ServerEvent =
  | { readonly kind: 'overview'; readonly overview: OverviewView }
  | { readonly kind: 'recent'; readonly journeys: readonly JourneyView[] }
  /** Nothing new for a while: the connection lives. */
  | { readonly kind: 'alive' };

/** `GET /api/about` */
export interface AboutView {
  readonly version: string;
  readonly passwordless: boolean;
  readonly dashboardWrites: boolean;
  readonly showMessages: boolean;
  readonly platforms: readonly { readonly id: string; readonly name: string }[];
  readonly limits: { readonly journeys: number; readonly journeyDays: number; readonly letters: number };
}

/** `GET /api/messages?q=` */
export interface MessagesView {
  readonly journeys: readonly JourneyView[];
  /** Messages that no router has taken up yet: they cannot be found by id. */
  readonly arriving: number;
}

export interface GroupView {
  readonly queue: string;
  readonly platform: string;
  readonly conversation: string;
  readonly bridge?: string;
  readonly why: string;
  /** False where the reason is not known yet: this group is another one soon. */
  readonly told: boolean;
  readonly count: number;
  readonly oldestAt: number;
  readonly newestAt: number;
  readonly waitingBehind?: number;
}

/** `GET /api/dead/groups?from=` */
export interface GroupsView {
  readonly groups: readonly GroupView[];
  readonly total: number;
  readonly from: number;
  /** Older letters that were not looked at. */
  readonly unseen: number;
  /** All dead letters at the moment of this list, as `totals.dead` of an overview counts them. */
  readonly letters: number;
}

export interface LetterView {
  readonly queue: string;
  readonly id: string;
  readonly diedAt: number;
}

/** `GET /api/dead/letters?queue=&conversation=&why=&from=` */
export interface LettersView {
  readonly letters: readonly LetterView[];
  readonly total: number;
  readonly from: number;
}

/** `GET /api/dead/letter?queue=&id=` */
export interface LetterDetailView {
  readonly reason: string;
  readonly detail: string;
  readonly attempts: number;
  readonly diedAt: number;
  readonly event?: string;
  readonly author?: string;
  readonly type?: string;
  readonly bridge?: string;
  /** The text, or how long it is where messages are not shown. */
  readonly text: string;
}

/** `POST /api/dead/retry` and `/discard`: these letters, or all of one group. */
export type SettleRequest =
  | { readonly letters: readonly { readonly queue: string; readonly id: string }[] }
  | { readonly group: { readonly queue: string; readonly conversation: string; readonly why: string } };
export interface SettledView {
  readonly done: number;
  readonly missing: number;
}

export interface MemberView {
  readonly platform: string;
  readonly conversation: string;
  readonly direction: 'both' | 'in' | 'out';
  readonly lastIn?: number;
  readonly lastOut?: number;
}
export interface BridgeView {
  readonly name: string;
  readonly enabled: boolean;
  readonly perHour: number;
  readonly members: readonly MemberView[];
}

/** `GET /api/bridges?q=&show=&from=` */
export interface BridgesView {
  readonly bridges: readonly BridgeView[];
  readonly total: number;
  readonly from: number;
  /** Of all bridges, whatever is searched for. */
  readonly counts: { readonly all: number; readonly enabled: number; readonly untried: number };
}

/** `POST /api/doctor` answers one of these per line. */
export interface FindingView {
  readonly about: string;
  readonly check: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}
