/** One place where an upstream answers. */
export interface Endpoint {
  /** An IPv4 or IPv6 address. */
  readonly address: string;
  /** 1 to 65,535. */
  readonly port: number;
}

/** What endpoint sources found, by upstream name. */
export type EndpointsByUpstream = ReadonlyMap<string, readonly Endpoint[]>;
