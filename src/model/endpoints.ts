/** One place where an upstream answers. */
export interface Endpoint {
  /** An IPv4 or IPv6 address. */
  readonly address: string;
  /** 1 to 65,535. */
  readonly port: number;
  /** Its share of requests beside that of the others, 1 to 65,535. Default: 1. */
  readonly weight?: number;
  /** Where it stands, such as an availability zone. */
  readonly zone?: string;
  /**
   * What is known of its health. Envoy sends nothing to one that is `unhealthy`, nothing new to one that is
   * `draining`, and less to one that is `degraded`. Default: `healthy`.
   */
  readonly health?: EndpointHealth;
}

export const endpointHealths = ["healthy", "unhealthy", "draining", "degraded"] as const;
export type EndpointHealth = (typeof endpointHealths)[number];

/** What endpoint sources found, by upstream name. */
export type EndpointsByUpstream = ReadonlyMap<string, readonly Endpoint[]>;
