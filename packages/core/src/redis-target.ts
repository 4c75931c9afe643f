/** One Redis server's address. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}
/** User, password and TLS of Redis itself. */
export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}

/** Where Redis is: what the configuration says and the queue connects to. Holds passwords: never print or log one. */
export type RedisTarget =
  /** `redis://` or `rediss://`. */
  | { readonly kind: 'single'; readonly url: string }
  /** Some nodes; the others are found by themselves. */
  | ({ readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] } & RedisLogin)
  /** `name` is the master's. */
  | ({
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisNode[];
      readonly name: string;
      readonly db: number;
      readonly sentinelPassword?: string;
    } & RedisLogin);
