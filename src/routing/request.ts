/** A request as a client sends it. */
export interface ClientRequest {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Host, and port if the client names one: `pets.example:8443`. */
  readonly authority: string;
  /** With its query, as it is sent. */
  readonly path: string;
  /** Names in any case; several values of a header are separated by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Undefined: the only role, else `ingress`. */
  readonly role?: string;
  /** The name of a listener; undefined: the one that fits scheme and port. */
  readonly listener?: string;
}

/** Reads a URL. A string is what is wrong with it. */
export function readUrl(
  text: string,
): Pick<ClientRequest, "scheme" | "authority" | "path"> | string {
  // The path is to reach Envoy as it is written, so it is not read by `URL`, which would resolve it.
  const [, scheme = "", authority = "", path = ""] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^]*)$/i.exec(text) ?? [];
  const name = scheme.toLowerCase();
  if (name !== "http" && name !== "https") {
    return `"${text}" is not a URL that begins with http:// or https://`;
  }
  if (authority === "" || /[\s@]/.test(authority)) return `"${text}" names no host`;
  if (/[\s#]/.test(path)) return `"${text}" has a blank or a # in its path`;
  return { scheme: name, authority, path: path.startsWith("/") ? path : `/${path}` };
}

/** The parts of an authority: `[::1]:80` has the name `[::1]` and the port 80. */
export function splitAuthority(authority: string): {
  readonly name: string;
  readonly port: number | undefined;
} {
  const [, name = authority, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  // The colons of an IPv6 address without brackets are its own.
  if (port === undefined || (name.includes(":") && !name.endsWith("]"))) {
    return { name: authority, port: undefined };
  }
  return { name, port: Number(port) };
}
