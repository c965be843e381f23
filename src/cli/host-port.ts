import { InvalidArgumentError } from "commander";

/** An address on the network. */
export interface HostPort {
  /** A DNS name or an IP address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port` or `[ipv6]:port`, as an option's argument. */
export function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined) {
    throw new InvalidArgumentError('it is not of the form "host:port" or "[ipv6]:port".');
  }
  return { host, port: parsePort(match[3] ?? "") };
}

/** Reads a TCP port, as an option's argument. */
export function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(port >= 1 && port <= 65_535))
    throw new InvalidArgumentError("it is not a port (1 to 65535).");
  return port;
}
