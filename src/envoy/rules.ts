import { isIP, isIPv4, isIPv6 } from "node:net";
import protobuf from "protobufjs";
import { RE2JS } from "re2js";
import { findMessage, messageOf, type FieldRules } from "./descriptors.js";

/** A breach of a `validate.rules` option: Envoy would reject the message, and all beside it. */
export interface RuleFault {
  /** Such as `load_assignment.endpoints[0].priority`. */
  readonly path: string;
  /** What the rule asks for. */
  readonly message: string;
}

type Report = (path: string, message: string) => void;
type Check = (value: unknown, path: string, report: Report) => void;
type MessageCheck = (message: Record<string, unknown>, path: string, report: Report) => void;

const messageChecks = new Map<string, MessageCheck>();

/**
 * Checks a message against the protoc-gen-validate rules of its descriptor, with everything in it,
 * also in `Any` fields whose type the API knows. Gives all faults, in the order of fields.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol (Protoc-Gen-Validate)
 */
export function checkRules(type: string, message: object): readonly RuleFault[] {
  const faults: RuleFault[] = [];
  checkOf(type)(message as Record<string, unknown>, "", (path, text) => {
    faults.push({ path, message: text });
  });
  return faults;
}

/** The compiled check of a message type; types that refer to themselves resolve at the first call. */
function checkOf(type: string): MessageCheck {
  let check = messageChecks.get(type);
  if (check === undefined) {
    check = compileMessage(type);
    messageChecks.set(type, check);
  }
  return check;
}

function compileMessage(typeName: string): MessageCheck {
  if (typeName === "google.protobuf.Any") return checkAny;
  const { type, rules, requiredOneofs, unchecked } = messageOf(typeName);
  if (unchecked) return () => undefined;
  const fields = type.fieldsArray.flatMap((field) => {
    const check = compileField(field, rules.get(field.name));
    return check === undefined ? [] : [{ name: field.name, check }];
  });
  const oneofs = requiredOneofs.map((name) => ({ name, fields: type.oneofs[name]?.oneof ?? [] }));
  return (message, path, report) => {
    for (const { name, check } of fields) {
      check(ownValue(message, name), path === "" ? name : `${path}.${name}`, report);
    }
    for (const oneof of oneofs) {
      if (!oneof.fields.some((name) => ownValue(message, name) !== undefined)) {
        report(
          path === "" ? oneof.name : `${path}.${oneof.name}`,
          `one of ${oneof.fields.join(", ")} must be set`,
        );
      }
    }
  };
}

/** A field that was set. A decoded message inherits a default for every field that was not. */
function ownValue(message: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(message, name) ? (message[name] ?? undefined) : undefined;
}

const checkAny: MessageCheck = (any, path, report) => {
  const typeUrl = any["type_url"];
  const value = any["value"];
  if (typeof typeUrl !== "string" || !(value instanceof Uint8Array)) return;
  const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  const known = findMessage(type);
  if (known === undefined) return;
  let message: Record<string, unknown>;
  try {
    // Reflection types every message alike; rules look at fields by name.
    message = known.type.decode(value);
  } catch {
    report(path, `must hold a serialised ${type}`);
    return;
  }
  checkOf(type)(message, path, report);
};

/** The check of one field: its own rules, and those of the message it holds. Undefined: none. */
function compileField(field: protobuf.Field, rules: FieldRules | undefined): Check | undefined {
  field.resolve();
  if (field instanceof protobuf.MapField)
    return compileMap(field, rules?.["map"] as Bag | undefined);
  if (field.repeated) return compileRepeated(field, rules?.["repeated"] as Bag | undefined);
  return compileSingle(field, rules);
}

type Bag = Readonly<Record<string, unknown>>;

function compileSingle(field: protobuf.Field, rules: FieldRules | undefined): Check | undefined {
  // In a oneof, the rule "required" is about the member that was chosen, and so always holds.
  const explicit = field.partOf !== null && field.partOf !== undefined;
  if (field.resolvedType instanceof protobuf.Type) {
    const nested = compileNested(field.resolvedType, rules);
    if (!explicit || nested === undefined) return nested;
    return (value, path, report) => {
      if (value !== undefined && value !== null) nested(value, path, report);
    };
  }
  const scalar = scalarCheck(field, rules);
  if (scalar === undefined) return undefined;
  const zero = field.resolvedType instanceof protobuf.Enum ? 0 : zeroOf(field.type);
  return (value, path, report) => {
    if (value === undefined || value === null) {
      // An unset scalar of proto3 has its zero value; in a oneof (or `optional`) it is just absent.
      if (!explicit) scalar(zero, path, report);
    } else {
      scalar(value, path, report);
    }
  };
}

/** Wrapper messages, whose scalar rules apply to their `value`. */
const wrapper = /^\.google\.protobuf\.(?:String|Bytes|Bool|U?Int(?:32|64)|Float|Double)Value$/;

function compileNested(type: protobuf.Type, rules: FieldRules | undefined): Check | undefined {
  const messageRules = rules?.["message"] as Bag | undefined;
  if (messageRules?.["skip"] === true) return requiredCheck(messageRules["required"] === true);
  const typeName = type.fullName.slice(1);
  const extra: Check[] = [];
  let required = messageRules?.["required"] === true;
  for (const [kind, bag] of Object.entries(rules ?? {})) {
    if (kind === "message") continue;
    const details = bag as Bag;
    required ||= details["required"] === true;
    if (kind === "duration") extra.push(durationCheck(details));
    else if (kind === "any") extra.push(anyCheck(details));
    else if (wrapper.test(type.fullName)) extra.push(wrapperCheck(type, rules ?? {}));
  }
  const nested = (value: unknown, path: string, report: Report): void =>
    checkOf(typeName)(value as Record<string, unknown>, path, report);
  const needed = requiredCheck(required);
  return (value, path, report) => {
    if (value === undefined || value === null) {
      needed?.(value, path, report);
      return;
    }
    for (const check of extra) check(value, path, report);
    nested(value, path, report);
  };
}

function requiredCheck(required: boolean): Check | undefined {
  if (!required) return undefined;
  return (value, path, report) => {
    if (value === undefined || value === null) report(path, "must be set");
  };
}

function wrapperCheck(type: protobuf.Type, rules: FieldRules): Check {
  const inner = type.fields["value"];
  const check = inner && scalarCheck(inner, rules);
  const zero = inner === undefined ? undefined : zeroOf(inner.type);
  return (value, path, report) => check?.((value as Bag)["value"] ?? zero, path, report);
}

function compileRepeated(field: protobuf.Field, rules: Bag | undefined): Check | undefined {
  const item = compileItem(field, rules?.["items"] as FieldRules | undefined);
  const min = Number(rules?.["min_items"] ?? 0);
  const max = Number(rules?.["max_items"] ?? Infinity);
  const unique = rules?.["unique"] === true;
  const ignoreEmpty = rules?.["ignore_empty"] === true;
  if (item === undefined && min === 0 && max === Infinity && !unique) return undefined;
  return (value, path, report) => {
    const list = (value ?? []) as readonly unknown[];
    if (list.length === 0 && (ignoreEmpty || min === 0)) return;
    if (list.length < min)
      report(path, `must have at least ${min} ${min === 1 ? "item" : "items"}`);
    if (list.length > max) report(path, `must have at most ${max} items`);
    if (unique && new Set(list).size !== list.length) report(path, "must not repeat an item");
    if (item) list.forEach((entry, index) => item(entry, `${path}[${index}]`, report));
  };
}

function compileItem(
  field: protobuf.Field | protobuf.MapField,
  rules: FieldRules | undefined,
): Check | undefined {
  return field.resolvedType instanceof protobuf.Type
    ? compileNested(field.resolvedType, rules)
    : scalarCheck(field, rules);
}

function compileMap(field: protobuf.MapField, rules: Bag | undefined): Check | undefined {
  const keys = rules?.["keys"] as FieldRules | undefined;
  const keyField = new protobuf.Field("key", 1, field.keyType);
  const keyCheck = keys && scalarCheck(keyField, keys);
  const valueCheck = compileItem(field, rules?.["values"] as FieldRules | undefined);
  const min = Number(rules?.["min_pairs"] ?? 0);
  const max = Number(rules?.["max_pairs"] ?? Infinity);
  if (keyCheck === undefined && valueCheck === undefined && min === 0 && max === Infinity) {
    return undefined;
  }
  return (value, path, report) => {
    const entries = Object.entries((value ?? {}) as Bag);
    if (entries.length < min) report(path, `must have at least ${min} entries`);
    if (entries.length > max) report(path, `must have at most ${max} entries`);
    for (const [key, entry] of entries) {
      keyCheck?.(key, `${path}[${JSON.stringify(key)}]`, report);
      valueCheck?.(entry, `${path}[${JSON.stringify(key)}]`, report);
    }
  };
}

function zeroOf(type: string): unknown {
  if (type === "string") return "";
  if (type === "bytes") return new Uint8Array();
  return type === "bool" ? false : 0;
}

/** The check of a scalar or enum value against the one rule set that fits its type. */
function scalarCheck(
  field: protobuf.Field | protobuf.MapField,
  rules: FieldRules | undefined,
): Check | undefined {
  const bag = Object.entries(rules ?? {}).find(([kind]) => kind !== "message")?.[1] as
    Bag | undefined;
  if (bag === undefined) return undefined;
  const { resolvedType } = field.resolve();
  if (resolvedType instanceof protobuf.Enum) return enumCheck(resolvedType, bag);
  if (field.type === "string") return stringCheck(bag);
  if (field.type === "bytes") return bytesCheck(bag);
  if (field.type === "bool") return constCheck(bag);
  return numberCheck(bag);
}

function constCheck(rules: Bag): Check | undefined {
  if (!("const" in rules)) return undefined;
  return (value, path, report) => {
    if (value !== rules["const"]) report(path, `must be ${String(rules["const"])}`);
  };
}

function enumCheck(type: protobuf.Enum, rules: Bag): Check {
  const inList = rules["in"] as readonly number[] | undefined;
  const notIn = rules["not_in"] as readonly number[] | undefined;
  const name = (value: number): string => type.valuesById[value] ?? String(value);
  return (value, path, report) => {
    const number = Number(value);
    if (rules["defined_only"] === true && type.valuesById[number] === undefined) {
      report(path, `must be one of ${Object.keys(type.values).join(", ")}`);
    }
    if ("const" in rules && number !== rules["const"]) {
      report(path, `must be ${name(Number(rules["const"]))}`);
    }
    if (inList?.length && !inList.includes(number)) {
      report(path, `must be one of ${inList.map(name).join(", ")}`);
    }
    if (notIn?.includes(number)) report(path, `must not be ${name(number)}`);
  };
}

function numberCheck(rules: Bag): Check {
  const limits = range(rules, Number);
  const inList = (rules["in"] as readonly number[] | undefined)?.map(Number);
  const notIn = (rules["not_in"] as readonly number[] | undefined)?.map(Number);
  return (value, path, report) => {
    const number = Number(value);
    if (rules["ignore_empty"] === true && number === 0) return;
    if ("const" in rules && number !== Number(rules["const"])) {
      report(path, `must be ${String(rules["const"])}`);
    }
    const fault = limits(number);
    if (fault !== undefined) report(path, fault);
    if (inList?.length && !inList.includes(number)) {
      report(path, `must be one of ${inList.join(", ")}`);
    }
    if (notIn?.includes(number)) report(path, `must not be ${number}`);
  };
}

/** gt, gte, lt and lte. With a lower bound above the upper one, the range is what lies outside. */
function range(
  rules: Bag,
  numberOf: (value: unknown) => number,
  show: (value: unknown) => string = String,
): (value: number) => string | undefined {
  const bound = (key: string): number | undefined =>
    key in rules ? numberOf(rules[key]) : undefined;
  const [gt, gte, lt, lte] = ["gt", "gte", "lt", "lte"].map(bound);
  const above = (value: number): boolean =>
    (gt === undefined || value > gt) && (gte === undefined || value >= gte);
  const below = (value: number): boolean =>
    (lt === undefined || value < lt) && (lte === undefined || value <= lte);
  const lower = gt ?? gte;
  const upper = lt ?? lte;
  const inverted = lower !== undefined && upper !== undefined && lower > upper;
  const parts = (
    [
      ["gt", "greater than"],
      ["gte", "at least"],
      ["lt", "less than"],
      ["lte", "at most"],
    ] as const
  )
    .filter(([key]) => key in rules)
    .map(([key, text]) => `${text} ${show(rules[key])}`);
  const message = `must be ${parts.join(inverted ? " or " : " and ")}`;
  return (value) => {
    const fits = inverted ? above(value) || below(value) : above(value) && below(value);
    return fits ? undefined : message;
  };
}

function durationCheck(rules: Bag): Check {
  const secondsOf = (value: unknown): number => {
    const { seconds = 0, nanos = 0 } = value as { seconds?: unknown; nanos?: number };
    return Number(seconds) + nanos / 1e9;
  };
  const limits = range(rules, secondsOf, (value) => `${secondsOf(value)}s`);
  return (value, path, report) => {
    const fault = limits(secondsOf(value));
    if (fault !== undefined) report(path, fault);
  };
}

function anyCheck(rules: Bag): Check {
  const inList = (rules["in"] as readonly string[] | undefined) ?? [];
  const notIn = (rules["not_in"] as readonly string[] | undefined) ?? [];
  return (value, path, report) => {
    const url = String((value as Bag)["type_url"]);
    if (inList.length > 0 && !inList.includes(url)) {
      report(path, `must be of type ${inList.join(" or ")}`);
    }
    if (notIn.includes(url)) report(path, `must not be of type ${url}`);
  };
}

function bytesCheck(rules: Bag): Check {
  const min = Number(rules["min_len"] ?? 0);
  const max = Number(rules["max_len"] ?? Infinity);
  return (value, path, report) => {
    const length = (value as Uint8Array).length;
    if (rules["ignore_empty"] === true && length === 0) return;
    if (length < min) report(path, `must be at least ${min} bytes long`);
    if (length > max) report(path, `must be at most ${max} bytes long`);
  };
}

/** RFC 7230 section 3.2 names (and HTTP/2 pseudo headers), as PGV's well-known regexes have them. */
const wellKnown: Readonly<Record<number, Readonly<Record<"strict" | "loose", RegExp>>>> = {
  1: { strict: /^:?[0-9a-zA-Z!#$%&'*+-.^_|~`]+$/, loose: /^[^\u0000\n\r]*$/ },

  2: { strict: /^[^\u0000-\u0008\u000A-\u001F\u007F]*$/, loose: /^[^\u0000\n\r]*$/ },
};
const wellKnownNames: Readonly<Record<number, string>> = {
  1: "a valid HTTP header name",
  2: "a valid HTTP header value",
};

const formats: Readonly<Record<string, readonly [(text: string) => boolean, string]>> = {
  ip: [(text) => isIP(text) !== 0, "an IP address"],
  ipv4: [isIPv4, "an IPv4 address"],
  ipv6: [isIPv6, "an IPv6 address"],
  uri: [(text) => /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text), "an absolute URI"],
  uri_ref: [(text) => URL.canParse(text, "http://localhost/"), "a URI reference"],
  hostname: [(text) => /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/i.test(text), "a host name"],
  address: [
    (text) => isIP(text) !== 0 || /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/i.test(text),
    "a host name or an IP address",
  ],
  email: [(text) => /^[^@\s]+@[^@\s]+$/.test(text), "an e-mail address"],
  uuid: [(text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text), "a UUID"],
};

function stringCheck(rules: Bag): Check {
  const tests: (readonly [(text: string) => boolean, string])[] = [];
  const add = (
    key: string,
    make: (rule: never) => readonly [(text: string) => boolean, string],
  ): void => {
    if (key in rules) tests.push(make(rules[key] as never));
  };
  const codePoints = (text: string): number => [...text].length;
  const byteLength = (text: string): number => Buffer.byteLength(text);
  add("const", (want: string) => [(text) => text === want, JSON.stringify(want)]);
  add("len", (n: number) => [(text) => codePoints(text) === n, `${n} characters long`]);
  add("min_len", (n: number) => [
    (text) => codePoints(text) >= n,
    n === 1 ? "set and not empty" : `at least ${n} characters long`,
  ]);
  add("max_len", (n: number) => [(text) => codePoints(text) <= n, `at most ${n} characters long`]);
  add("min_bytes", (n: number) => [
    (text) => byteLength(text) >= n,
    n === 1 ? "set and not empty" : `at least ${n} bytes long`,
  ]);
  add("max_bytes", (n: number) => [(text) => byteLength(text) <= n, `at most ${n} bytes long`]);
  add("prefix", (part: string) => [
    (text) => text.startsWith(part),
    `a text that starts with "${part}"`,
  ]);
  add("suffix", (part: string) => [
    (text) => text.endsWith(part),
    `a text that ends with "${part}"`,
  ]);
  add("contains", (part: string) => [
    (text) => text.includes(part),
    `a text that has "${part}" in it`,
  ]);
  add("not_contains", (part: string) => [
    (text) => !text.includes(part),
    `a text without "${part}"`,
  ]);
  add("pattern", (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    return [(text) => compiled.matcher(text).find(), `a text that matches ${pattern}`];
  });
  add("in", (list: readonly string[]) => [
    (text) => list.length === 0 || list.includes(text),
    `one of ${list.join(", ")}`,
  ]);
  add("not_in", (list: readonly string[]) => [
    (text) => !list.includes(text),
    `other than ${list.join(", ")}`,
  ]);
  add("well_known_regex", (kind: number) => {
    const regex = wellKnown[kind]?.[rules["strict"] === false ? "loose" : "strict"];
    return [(text) => regex === undefined || regex.test(text), wellKnownNames[kind] ?? "valid"];
  });
  for (const [key, [test, name]] of Object.entries(formats)) {
    if (rules[key] === true) tests.push([test, name]);
  }
  return (value, path, report) => {
    const text = String(value);
    if (rules["ignore_empty"] === true && text === "") return;
    for (const [test, want] of tests) if (!test(text)) report(path, `must be ${want}`);
  };
}
