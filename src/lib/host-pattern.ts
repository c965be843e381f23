import { BlockList, isIP } from "node:net";

/**
 * Why a text is no pattern of hosts: an IP address, a network such as `10.0.0.0/8`, or a host name in which
 * each `*` stands for any characters.
 */
export function hostPatternFault(text: string): string | undefined {
  const slash = text.indexOf("/");
  if (slash >= 0) {
    const family = isIP(text.slice(0, slash));
    const bits = text.slice(slash + 1);
    if (family === 0) return "before the slash stands no IP address";
    const most = family === 4 ? 32 : 128;
    return /^\d{1,3}$/.test(bits) && Number(bits) <= most
      ? undefined
      : `after the slash stands no number from 0 to ${most}`;
  }
  if (isIP(text) !== 0) return text.includes("%") ? "it has a zone" : undefined;
  if (text.length > 253) return "it has more than 253 characters";
  if (text.split("*").length > 9) return "it has more than 8 `*`";
  return /^[a-z0-9_.*-]+$/i.test(text) ? undefined : "it has a character that no host name has";
}

/** Says which of some patterns a host is named by. */
export type HostMatcher = (host: string) => string | undefined;

/**
 * Creates a matcher. Patterns that {@link hostPatternFault} refuses match nothing. An address is the same
 * however it is spelled: as IPv4 in IPv6, in hexadecimal, or as one number.
 */
export function createHostMatcher(patterns: readonly string[]): HostMatcher {
  const tests = patterns
    .filter((pattern) => hostPatternFault(pattern) === undefined)
    .map((pattern) => [pattern, testOf(pattern)] as const);
  return (host) => {
    const canonical = canonicalHost(host);
    return tests.find(([, matches]) => matches(canonical))?.[0];
  };
}

function testOf(pattern: string): (host: string) => boolean {
  const [address = "", bits] = pattern.split("/");
  const family = isIP(address);
  if (family === 0) {
    const parts = pattern.toLowerCase().replace(/\.$/, "").split("*");
    return (host) => matchesParts(host, parts);
  }
  const list = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  if (bits === undefined) list.addAddress(address, type);
  else list.addSubnet(address, Number(bits), type);
  return (host) => {
    const own = isIP(host);
    return own !== 0 && list.check(host, own === 4 ? "ipv4" : "ipv6");
  };
}

/** Lower-case, without a dot at the end; what some resolver would read as an address is one. */
function canonicalHost(host: string): string {
  const plain = host.toLowerCase().replace(/\.$/, "");
  if (isIP(plain) !== 0 || !/^[0-9a-fx.]+$/.test(plain)) return plain;
  try {
    return new URL(`http://${plain}/`).hostname;
  } catch {
    // Numbers that are no address: a name like any other.
    return plain;
  }
}

/** Whether the parts stand in this order, the first at the start and the last at the end. */
function matchesParts(text: string, parts: readonly string[]): boolean {
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length) return false;
  if (!text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
