import { isIP } from "node:net";
import { RE2JS } from "re2js";
import type { DiagnosticCode } from "../diagnostics/catalog.js";
import { globFault } from "../lib/glob.js";
import { hostPatternFault } from "../lib/host-pattern.js";
import { nearest } from "../lib/nearest.js";
import { maxDuration, parseDuration } from "../model/duration.js";
import { commandFault } from "./header-format.js";

/** One of the schemas' own formats. */
export interface Format {
  /** What is reported of a text that does not have the format. */
  readonly code: MalformedCode;
  /** Why a text does not have the format; undefined if it does. */
  fault(text: string): string | undefined;
}

/** The codes whose parameters are a text and a reason. */
export type MalformedCode = Extract<
  DiagnosticCode,
  | "name/malformed"
  | "duration/malformed"
  | "domain/malformed"
  | "tls/malformed-server-name"
  | "header/malformed-name"
  | "header/malformed-value"
  | "route/malformed-value"
  | "regex/malformed"
  | "address/malformed"
  | "address/not-an-ip"
  | "verb/malformed"
  | "glob/malformed"
  | "policy/malformed-host"
>;

/** The formats by the name that schemas give them. Regexes may have `maxSize` instructions. */
export function createFormats(maxSize: number): ReadonlyMap<string, Format> {
  const regexFault = createRegexCheck(maxSize);
  // As a regex is made of it: `*` is some part of a host's name, and the rest is itself.
  const wildcardFault = (text: string): string | undefined =>
    text.includes("*")
      ? regexFault(text.split("*").map(literalRegex).join("[A-Za-z0-9.-]+"))
      : undefined;
  return new Map<string, Format>([
    ["gloo-name", { code: "name/malformed", fault: nameFault }],
    ["gloo-duration", { code: "duration/malformed", fault: durationFault }],
    ["gloo-domain", { code: "domain/malformed", fault: domainFault }],
    ["gloo-sni-domain", { code: "tls/malformed-server-name", fault: sniDomainFault }],
    ["gloo-header-name", { code: "header/malformed-name", fault: headerNameFault }],
    ["gloo-mutable-header-name", { code: "header/malformed-name", fault: mutableHeaderFault }],
    ["gloo-header-value", { code: "header/malformed-value", fault: headerValueFault }],
    ["gloo-header-format", { code: "header/malformed-value", fault: headerFormatFault }],
    ["gloo-regex", { code: "regex/malformed", fault: regexFault }],
    [
      "gloo-matcher-value",
      {
        code: "regex/malformed",
        fault: (text) => (text.includes(".*") ? regexFault(text) : controlFault(text)),
      },
    ],
    [
      "gloo-origin",
      {
        code: "route/malformed-value",
        fault: (text) => controlFault(text) ?? (text === "*" ? undefined : wildcardFault(text)),
      },
    ],
    ["gloo-rewrite", { code: "route/malformed-value", fault: rewriteFault }],
    ["gloo-retry-conditions", { code: "route/malformed-value", fault: retryFault }],
    ["gloo-address", { code: "address/malformed", fault: addressFault }],
    ["gloo-ip", { code: "address/not-an-ip", fault: ipFault }],
    ["gloo-verb", { code: "verb/malformed", fault: verbFault }],
    ["gloo-glob", { code: "glob/malformed", fault: globFault }],
    ["gloo-host-pattern", { code: "policy/malformed-host", fault: hostPatternFault }],
  ]);
}

function nameFault(text: string): string | undefined {
  if (text === "") return "it is empty";
  if (text.length > 253) return "it has more than 253 characters";
  if (/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(text)) return undefined;
  if (/[A-Z]/.test(text)) return "it has upper-case letters";
  const odd = /[^-a-z0-9.]/u.exec(text)?.[0];
  return odd === undefined
    ? "it begins or ends with `-` or `.`"
    : `it has the character ${JSON.stringify(odd)}`;
}

function durationFault(text: string): string | undefined {
  if (/^[-+]?[0-9.]+$/.test(text) && !/^[-+]?0+$/.test(text)) return "it has no unit";
  const span = parseDuration(text);
  if (span === undefined) {
    return /^[-+]?(?:[0-9.]+(?:h|m|s|ms|us|µs|ns))+$/.test(text)
      ? `it is longer than ${maxDuration}`
      : "it is not a number with a unit";
  }
  return span.seconds < 0 || span.nanos < 0 ? "it is negative" : undefined;
}

const hostPart = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;

function domainFault(text: string): string | undefined {
  if (text === "" || text === "*") return undefined;
  if (text.length > 260) return "it has more than 260 characters";
  if (text.includes("://")) return "it has a scheme";
  if (text.includes("/")) return "it has a path";
  const port = /:(\d*)$/.exec(text);
  const isBracketed = text.startsWith("[");
  const host = port === null || text.endsWith("]") ? text : text.slice(0, port.index);
  if (port !== null && !text.endsWith("]")) {
    const number = Number(port[1]);
    if (port[1] === "" || number < 1 || number > 65_535) return "its port is not 1 to 65535";
  }
  if (isBracketed) {
    return isIP(host.slice(1, -1)) === 6 && host.endsWith("]")
      ? undefined
      : "it is not an IPv6 address in brackets";
  }
  if (isIP(text) === 6) return "an IPv6 address stands in brackets";
  if (host === "*") return undefined;
  const stars = host.split("*").length - 1;
  if (stars > 1 || (stars === 1 && !host.startsWith("*") && !host.endsWith("*"))) {
    return "a `*` may stand at one end only";
  }
  if (host.endsWith("*") && host !== text) return "a domain that ends with `*` has no port";
  const rest = host.replace("*", "").replace(/^\./, "").replace(/\.$/, "");
  if (hostPart.test(rest)) return undefined;
  if (/[^\x20-\x7e]/.test(rest))
    return "international names are written in their ASCII form (xn--)";
  const odd = /[^a-z0-9_.*-]/i.exec(rest)?.[0];
  return odd === undefined
    ? "it has an empty label between two dots"
    : `it has the character ${JSON.stringify(odd)}`;
}

function sniDomainFault(text: string): string | undefined {
  const fault = domainFault(text);
  if (fault !== undefined) return fault;
  if (text === "") return "it is empty";
  if (text.includes(":")) return "it has a port";
  if (text.endsWith("*") && text !== "*") return "a `*` may stand for the first label only";
  return text.startsWith("*") && text !== "*" && !text.startsWith("*.")
    ? "a `*` may stand for the first label only"
    : undefined;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function headerNameFault(text: string): string | undefined {
  if (text === "") return "it is empty";
  return token.test(text.replace(/^:/, "")) ? undefined : oddCharacter(text, "a header name");
}

function mutableHeaderFault(text: string): string | undefined {
  const fault = headerNameFault(text);
  if (fault !== undefined) return fault;
  if (text.startsWith(":")) return "headers that begin with `:` can only be matched";
  return text.toLowerCase() === "host" ? "`host` can only be matched" : undefined;
}

function headerValueFault(text: string): string | undefined {
  return controlFault(text);
}

function controlFault(text: string): string | undefined {
  const odd = /[\u0000-\u0008\u000a-\u001f\u007f]/.exec(text)?.[0];
  return odd === undefined ? undefined : `it has the control character ${JSON.stringify(odd)}`;
}

function headerFormatFault(text: string): string | undefined {
  return controlFault(text) ?? commandFault(text);
}

/** What it is put in place of begins the path. */
function rewriteFault(text: string): string | undefined {
  const fault = controlFault(text);
  if (fault !== undefined || text === "") return fault;
  if (!text.startsWith("/")) return "paths begin with `/`";
  return text.includes(" ") ? "paths have no spaces; one is written `%20`" : undefined;
}

/** Envoy passes over what it does not know. */
const retryConditions: ReadonlySet<string> = new Set(
  (
    "5xx gateway-error reset reset-before-request connect-failure refused-stream retriable-4xx " +
    "retriable-status-codes retriable-headers envoy-ratelimited http3-post-connect-failure " +
    "cancelled deadline-exceeded internal resource-exhausted unavailable"
  ).split(" "),
);

function retryFault(text: string): string | undefined {
  const odd = text.split(",").find((condition) => !retryConditions.has(condition.trim()));
  if (odd === undefined) return undefined;
  const near = nearest(odd.trim(), retryConditions);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return `Envoy has no retry condition ${JSON.stringify(odd.trim())}${hint}`;
}

function addressFault(text: string): string | undefined {
  if (text === "") return "it is empty";
  if (isIP(text) !== 0) return text.includes("%") ? "it has a zone" : undefined;
  if (text.includes("://")) return "it has a scheme";
  if (text.startsWith("[")) return "IPv6 addresses have no brackets here";
  if (/:\d+$/.test(text)) return "it has a port";
  if (/^[0-9.]+$/.test(text)) return "it is not an IPv4 address";
  if (text.length > 253) return "it has more than 253 characters";
  return hostPart.test(text.replace(/\.$/, "")) ? undefined : oddCharacter(text, "a host name");
}

function ipFault(text: string): string | undefined {
  if (isIP(text) !== 0 && !text.includes("%")) return undefined;
  return text === "" ? "it is empty" : "it is a name, or has more to it";
}

function verbFault(text: string): string | undefined {
  if (text === "") return "it is empty";
  return token.test(text) ? undefined : oddCharacter(text, "a method");
}

function oddCharacter(text: string, what: string): string {
  const odd = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/u.exec(text)?.[0];
  return odd === undefined ? `it is not ${what}` : `${JSON.stringify(odd)} cannot stand in ${what}`;
}

/** Remembers what it found out: regexes repeat, and compiling is the dear part. */
function createRegexCheck(maxSize: number): (text: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (text) => {
    if (known.has(text)) return known.get(text);
    const fault = regexFault(text, maxSize);
    if (known.size >= 20_000) known.clear();
    known.set(text, fault);
    return fault;
  };
}

/** The regex that matches exactly this text. */
export function literalRegex(text: string): string {
  return text.replace(/[^A-Za-z0-9]/gu, "\\$&");
}

/** How many instructions a regex may have: Envoy's own default. */
export const maxRegexSize = 100;

/** Why Envoy would not take a regex; undefined if it does. */
export function regexFault(text: string, maxSize: number): string | undefined {
  if (text === "") return "it is empty";
  if (text.length > 1024) return "it has more than 1024 characters";
  // A few characters can stand for millions of instructions, which compiling would have to make first.
  const repeats = countRepeats(text);
  if (repeats > maxSize) return tooLarge(repeats, maxSize);
  let size: number;
  try {
    size = RE2JS.compile(text).programSize();
  } catch (cause) {
    // The message of the syntax error is what the user needs; anything else is a fault just as well.
    const message = cause instanceof Error ? cause.message : String(cause);
    return message.replace(/^error parsing regexp: /, "");
  }
  const wide = wideCharacter(text);
  if (wide !== undefined) return `Envoy matches bytes, and \`${wide}\` is none`;
  // Envoy reckons in RE2's instructions, which are at least these: RE2 needs two more, and none for
  // alternatives. Those are at most half of all, for each stands between two others.
  const alternatives = text.split("|").length - 1;
  const isRepeated = alternatives > 0 && repeats > 0;
  const least = isRepeated ? Math.ceil((size + 2) / 2) : size + 2 - alternatives;
  return least > maxSize ? tooLarge(least, maxSize) : undefined;
}

/** The first character that is given by a number which is that of no byte. */
function wideCharacter(text: string): string | undefined {
  for (const [whole, digits] of text.matchAll(/\\x\{([0-9a-f]+)\}|\\[\s\S]/gi)) {
    if (digits !== undefined && parseInt(digits, 16) > 0xff) return whole;
  }
  return undefined;
}

function tooLarge(least: number, maxSize: number): string {
  return `it compiles to at least ${least} instructions, and Envoy takes ${maxSize} at most (its runtime key re2.max_program_size.error_level)`;
}

/** What stands for itself, a class with all that is in it, or a count such as `{2,100}`. */
const regexPart = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}/g;

/** How many times parts are repeated by counts, in all. */
function countRepeats(text: string): number {
  let total = 0;
  for (const [, least, most] of text.matchAll(regexPart)) {
    total += Math.max(Number(least ?? 0), Number(most ?? 0));
  }
  return total;
}
