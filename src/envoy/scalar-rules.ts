import { createRequire } from "node:module";
import { isIP, isIPv4, isIPv6 } from "node:net";
import type { Enum } from "protobufjs/light.js";
import type * as Re2Js from "re2js";
import { invariant } from "../lib/invariant.js";
import { lazy } from "../lib/lazy.js";
import { descriptorOptions } from "./read-descriptor.js";

/** What is wrong with a value, as in "must be greater than 0"; undefined: nothing. */
export type ValueCheck = (value: unknown) => string | undefined;

/** The rules of one kind, such as `validate.StringRules`: only those that are set. */
export type Rules = Readonly<Record<string, unknown>>;

/** One rule of a kind: whether a value keeps it, and what a value must be. */
type Rule<T> = readonly [keeps: (value: T) => boolean, want: string];
/** How to read a rule: from its setting, and from the others beside it. */
type RuleMaker<T> = (setting: never, rules: Rules) => Rule<T>;

/** Makes the check of all rules that are set. A rule that is not known is a bug, not a pass. */
function checkOf<T>(
  kind: string,
  rules: Rules,
  makers: Readonly<Record<string, RuleMaker<T>>>,
  convert: (value: unknown) => T,
): ValueCheck {
  const all = Object.entries(rules).flatMap(([name, setting]) => {
    if (name === "ignore_empty" || name === "strict" || name === "required") return [];
    const make = makers[name];
    invariant(make, `validate.rules have ${kind}.${name}, which is not checked`);
    return [make(setting as never, rules)];
  });
  return (value) => {
    const converted = convert(value);
    const broken = all.find(([keeps]) => !keeps(converted));
    return broken && `must be ${broken[1]}`;
  };
}

/** Loaded when a field with a pattern is first checked: few have one. */
const re2 = lazy(() => createRequire(import.meta.url)("re2js") as typeof Re2Js);

const listed = (values: readonly unknown[]): string => values.join(", ");

/** `validate.BoolRules`. */
export function boolCheck(rules: Rules): ValueCheck {
  return checkOf<boolean>(
    "bool",
    rules,
    { const: (want: boolean) => [(value) => value === want, String(want)] },
    Boolean,
  );
}

/** The rules of all kinds of numbers. */
export function numberCheck(kind: string, rules: Rules): ValueCheck {
  const check = checkOf<number>(
    kind,
    rules,
    {
      ...limits(Number, String),
      const: (want) => [(value) => value === Number(want), String(want)],
      in: (list: readonly number[]) => [
        (value) => list.some((item) => Number(item) === value),
        `one of ${listed(list)}`,
      ],
      not_in: (list: readonly number[]) => [
        (value) => !list.some((item) => Number(item) === value),
        `other than ${listed(list)}`,
      ],
    },
    Number,
  );
  if (rules["ignore_empty"] !== true) return check;
  return (value) => (Number(value) === 0 ? undefined : check(value));
}

/** gt, gte, lt and lte. With the lower bound above the upper one, what lies between is forbidden. */
function limits(
  numberOf: (setting: unknown) => number,
  show: (setting: unknown) => string,
): Readonly<Record<string, RuleMaker<number>>> {
  const holds = {
    gt: (value: number, bound: number) => value > bound,
    gte: (value: number, bound: number) => value >= bound,
    lt: (value: number, bound: number) => value < bound,
    lte: (value: number, bound: number) => value <= bound,
  };
  const words = { gt: "greater than", gte: "at least", lt: "less than", lte: "at most" };
  const isSet = (rules: Rules, name: string): boolean => rules[name] !== undefined;
  const make =
    (name: keyof typeof holds): RuleMaker<number> =>
    (setting, rules) => {
      const lower = isSet(rules, "gt") ? "gt" : "gte";
      const upper = isSet(rules, "lt") ? "lt" : "lte";
      const [low, high] = [numberOf(rules[lower]), numberOf(rules[upper])];
      const want = `${words[name]} ${show(setting)}`;
      if (isSet(rules, lower) && isSet(rules, upper) && low > high) {
        return [
          (value) => holds[lower](value, low) || holds[upper](value, high),
          `${words[lower]} ${show(rules[lower])} or ${words[upper]} ${show(rules[upper])}`,
        ];
      }
      const bound = numberOf(setting);
      return [(value) => holds[name](value, bound), want];
    };
  return { gt: make("gt"), gte: make("gte"), lt: make("lt"), lte: make("lte") };
}

/** `validate.DurationRules` but for `required`, of a `google.protobuf.Duration`. */
export function durationCheck(rules: Rules): ValueCheck {
  const secondsOf = (value: unknown): number => {
    const { seconds = 0, nanos = 0 } = (value ?? {}) as { seconds?: unknown; nanos?: number };
    return Number(seconds) + nanos / 1e9;
  };
  return checkOf(
    "duration",
    rules,
    limits(secondsOf, (bound) => `${secondsOf(bound)}s`),
    secondsOf,
  );
}

/** `validate.EnumRules`, and values that Envoy refuses. */
export function enumCheck(type: Enum, rules: Rules): ValueCheck | undefined {
  const disallowed = Object.keys(type.values).filter(
    (name) => optionOf(type, name, descriptorOptions.disallowed) === true,
  );
  if (Object.keys(rules).length === 0 && disallowed.length === 0) return undefined;
  const nameOf = (value: number): string => type.valuesById[value] ?? String(value);
  const allowed = Object.keys(type.values).filter((name) => !disallowed.includes(name));
  const check = checkOf<number>(
    "enum",
    rules,
    {
      const: (want: number) => [(value) => value === want, nameOf(want)],
      defined_only: () => [
        (value) => type.valuesById[value] !== undefined,
        `one of ${listed(allowed)}`,
      ],
      in: (list: readonly number[]) => [
        (value) => list.includes(value),
        `one of ${listed(list.map(nameOf))}`,
      ],
      not_in: (list: readonly number[]) => [
        (value) => !list.includes(value),
        `other than ${listed(list.map(nameOf))}`,
      ],
    },
    Number,
  );
  if (disallowed.length === 0) return check;
  return (value) =>
    disallowed.includes(nameOf(Number(value)))
      ? `must be one of ${listed(allowed)}: Envoy refuses ${nameOf(Number(value))}`
      : check(value);
}

function optionOf(type: Enum, name: string, option: string): unknown {
  return (type.valuesOptions?.[name] as Rules | undefined)?.[option];
}

/** `validate.BytesRules`. */
export function bytesCheck(rules: Rules): ValueCheck {
  const check = checkOf<Uint8Array>(
    "bytes",
    rules,
    {
      min_len: (min) => [(value) => value.length >= Number(min), atLeast(Number(min), "bytes")],
      max_len: (max) => [(value) => value.length <= Number(max), `at most ${max} bytes long`],
    },
    (value) => value as Uint8Array,
  );
  if (rules["ignore_empty"] !== true) return check;
  return (value) => ((value as Uint8Array).length === 0 ? undefined : check(value));
}

function atLeast(min: number, unit: string): string {
  return min === 1 ? "set and not empty" : `at least ${min} ${unit} long`;
}

/** The regular expressions that protoc-gen-validate knows by name, strict and not. */
const wellKnownRegex: Readonly<Record<number, { strict: RegExp; loose: RegExp; name: string }>> = {
  1: {
    strict: /^:?[0-9a-zA-Z!#$%&'*+-.^_|~`]+$/,
    loose: /^[^\0\n\r]*$/,
    name: "a valid HTTP header name",
  },
  2: {
    strict: /^[^\0-\x08\n-\x1f\x7f]*$/,
    loose: /^[^\0\n\r]*$/,
    name: "a valid HTTP header value",
  },
};

const hostname =
  /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/i;

const stringRules: Readonly<Record<string, RuleMaker<string>>> = {
  const: (want: string) => [(text) => text === want, JSON.stringify(want)],
  len: (want) => [(text) => codePoints(text) === Number(want), `${want} characters long`],
  min_len: (min) => [
    (text) => text.length >= Number(min) && codePoints(text) >= Number(min),
    atLeast(Number(min), "characters"),
  ],
  max_len: (max) => [
    (text) => text.length <= Number(max) || codePoints(text) <= Number(max),
    `at most ${max} characters long`,
  ],
  len_bytes: (want) => [(text) => Buffer.byteLength(text) === Number(want), `${want} bytes long`],
  min_bytes: (min) => [
    (text) => text.length >= Number(min) || Buffer.byteLength(text) >= Number(min),
    atLeast(Number(min), "bytes"),
  ],
  max_bytes: (max) => [
    (text) => Buffer.byteLength(text) <= Number(max),
    `at most ${max} bytes long`,
  ],
  prefix: (part: string) => [(text) => text.startsWith(part), `a text that starts with "${part}"`],
  suffix: (part: string) => [(text) => text.endsWith(part), `a text that ends with "${part}"`],
  contains: (part: string) => [(text) => text.includes(part), `a text that has "${part}" in it`],
  not_contains: (part: string) => [(text) => !text.includes(part), `a text without "${part}"`],
  in: (list: readonly string[]) => [
    (text) => list.includes(text),
    `one of ${listed(list.map((item) => JSON.stringify(item)))}`,
  ],
  not_in: (list: readonly string[]) => [
    (text) => !list.includes(text),
    `other than ${listed(list.map((item) => JSON.stringify(item)))}`,
  ],
  // RE2 as in Envoy, whose generated checks match the whole text.
  pattern: (pattern: string) => {
    const compiled = re2().RE2JS.compile(pattern);
    return [(text) => compiled.matcher(text).matches(), `a text that matches ${pattern}`];
  },
  well_known_regex: (which: number, { strict }) => {
    const known = wellKnownRegex[which];
    invariant(known, `validate.rules have the well-known regex ${which}, which is not checked`);
    const regex = strict === false ? known.loose : known.strict;
    return [(text) => regex.test(text), known.name];
  },
  ip: () => [(text) => isIP(text) !== 0, "an IP address"],
  ipv4: () => [isIPv4, "an IPv4 address"],
  ipv6: () => [isIPv6, "an IPv6 address"],
  hostname: () => [(text) => hostname.test(text), "a host name"],
  address: () => [
    (text) => isIP(text) !== 0 || hostname.test(text),
    "a host name or an IP address",
  ],
  uri: () => [(text) => URL.canParse(text), "an absolute URI"],
  uri_ref: () => [(text) => URL.canParse(text, "http://localhost/"), "a URI reference"],
};

function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

/** `validate.StringRules`. */
export function stringCheck(rules: Rules): ValueCheck {
  const check = checkOf("string", rules, stringRules, String);
  if (rules["ignore_empty"] !== true) return check;
  return (value) => (value === "" ? undefined : check(value));
}
