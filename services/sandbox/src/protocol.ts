/** What the sandbox's server and its page say to each other. Types only: the page imports them and carries no code of ours. */

export interface PersonView {
  readonly id: string;
  readonly name: string;
  readonly avatarUrl: string;
}

export interface MessageView {
  readonly id: string;
  readonly author: { readonly id: string; readonly name: string; readonly avatarUrl?: string; readonly isBot: boolean };
  readonly text: string;
  readonly source: unknown;
  readonly sentAt: number;
  readonly editedAt?: number;
  readonly deleted: boolean;
  /** Came over the platform's API: by the bridge. Only what a person of the sandbox wrote can be changed by hand. */
  readonly viaApi: boolean;
}

export interface ChatView {
  readonly platform: string;
  readonly name: string;
  readonly room: string;
  /** What a person should know before deleting here; absent where deletes cross. */
  readonly deleteNote?: string;
  readonly people: readonly PersonView[];
  readonly messages: readonly MessageView[];
}

export interface StepView {
  readonly event: string;
  readonly eventKey: string;
  readonly type: string;
  readonly step: string;
  /** The target's platform, for steps of one delivery. */
  readonly target?: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly routedAt?: number;
  readonly startedAt?: number;
  readonly attempt?: number;
  readonly messages?: readonly string[];
  readonly reason?: string;
}

export interface StatusView {
  /** `starting` until the bridge answers for the first time. */
  readonly state: 'starting' | 'healthy' | 'degraded' | 'unhealthy' | 'stopped';
  readonly detail?: string;
}

/** Server-sent events, each named by `kind`. The first one is always `state`. */
export type ServerEvent =
  | { readonly kind: 'state'; readonly chats: readonly ChatView[]; readonly status: StatusView }
  | { readonly kind: 'change'; readonly platform: string; readonly message: MessageView }
  | { readonly kind: 'journey'; readonly step: StepView }
  | { readonly kind: 'status'; readonly status: StatusView };

/** `POST /api/messages` */
export interface PostRequest {
  readonly platform: string;
  readonly author: string;
  readonly text: string;
}
/** `PUT /api/messages` */
export interface EditRequest {
  readonly platform: string;
  readonly message: string;
  readonly text: string;
}
/** `DELETE /api/messages` */
export interface DeleteRequest {
  readonly platform: string;
  readonly message: string;
}
