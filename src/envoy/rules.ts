import type * as Protobuf from "protobufjs/light.js";
import { invariant } from "../lib/invariant.js";
import { contentOfAny, decodeByName } from "./codec.js";
import { findMessage, messageOf } from "./descriptors.js";
import { parseProtoJson } from "./parse-proto-json.js";
import type { MessageFields } from "./message-fields.js";
import { isEnumType, isMapField, isMessageType, isWrapper } from "./protobuf.js";
import type { FieldRules } from "./read-rules.js";
import {
  boolCheck,
  bytesCheck,
  durationCheck,
  enumCheck,
  numberCheck,
  stringCheck,
  type Rules,
  type ValueCheck,
} from "./scalar-rules.js";
import { typedStructContent } from "./typed-struct.js";

/** A breach of a `validate.rules` option: Envoy would reject the message, and all beside it. */
export interface RuleFault {
  /** Such as `load_assignment.endpoints[0].priority`. */
  readonly path: string;
  /** What the rule asks for. */
  readonly message: string;
}

/**
 * Checks a message against the protoc-gen-validate rules of its descriptor, with everything in it,
 * also in `Any` fields whose type the API knows; and for what Envoy refuses everywhere: negative
 * durations, and fields and enum values that are disallowed by default. Gives the first fault of every field, in the order of fields.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol (Protoc-Gen-Validate)
 */
export function checkRules(type: string, message: object): readonly RuleFault[] {
  const trail = new Trail();
  checkOf(type)(message as MessageFields, trail);
  return trail.faults;
}

/** Where a check is in a message, and what it found. Paths are made only for faults. */
class Trail {
  readonly faults: RuleFault[] = [];
  readonly #parts: string[] = [];

  enter(part: string): void {
    this.#parts.push(part);
  }
  leave(): void {
    this.#parts.pop();
  }
  /** Reports against a field or item of the message at hand. */
  report(part: string, message: string): void {
    const path = [...this.#parts, part].reduce((before, next) =>
      next.startsWith("[") ? before + next : `${before}.${next}`,
    );
    this.faults.push({ path, message });
  }
}

type MessageCheck = (message: MessageFields, trail: Trail) => void;
/** Checks a value that is set. `part` is what the path calls it. */
type PartCheck = (value: unknown, part: string, trail: Trail) => void;

const nothingToCheck: MessageCheck = () => undefined;
const messageChecks = new Map<string, MessageCheck>();

/** The compiled check of a message type, made when the first message of it is checked. */
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
  if (typeName.startsWith("google.protobuf.")) return nothingToCheck;
  const { type, rules, requiredOneofs, disallowed, unchecked } = messageOf(typeName);
  if (unchecked) return nothingToCheck;
  const checks = [
    ...type.fieldsArray.flatMap((field) => {
      const check = compileField(field, rules.get(field.name));
      return check === undefined ? [] : [{ name: field.name, check }];
    }),
    ...requiredOneofs.map((name) => ({
      name,
      check: requiredOneof(name, type.oneofs?.[name]?.oneof ?? []),
    })),
    ...[...disallowed].map((name) => ({ name, check: disallowedField(name) })),
  ];
  return checks.length === 0 ? nothingToCheck : inOrder(checks);
}

/** The check of one field or oneof, and its place among those of its message. */
interface PlacedCheck {
  readonly place: number;
  readonly check: MessageCheck;
}

/**
 * Does the checks in the order given, but for those of fields that are absent and may be: messages of
 * the Envoy API have dozens of fields, and few are set.
 */
function inOrder(
  checks: readonly { readonly name: string; readonly check: MessageCheck }[],
): MessageCheck {
  const always: PlacedCheck[] = [];
  const ifSet = new Map<string, PlacedCheck[]>();
  for (const [place, { name, check }] of checks.entries()) {
    const ofNothing = new Trail();
    check({}, ofNothing);
    if (ofNothing.faults.length > 0) always.push({ place, check });
    else ifSet.set(name, [...(ifSet.get(name) ?? []), { place, check }]);
  }
  return (message, trail) => {
    const due = [...always];
    for (const name of Object.keys(message)) {
      const found = ifSet.get(name);
      if (found !== undefined) due.push(...found);
    }
    due.sort((a, b) => a.place - b.place);
    for (const { check } of due) check(message, trail);
  };
}

function requiredOneof(name: string, fields: readonly string[]): MessageCheck {
  return (message, trail) => {
    if (!fields.some((field) => isSet(message, field))) {
      trail.report(name, `one of ${fields.join(", ")} must be set`);
    }
  };
}

function disallowedField(name: string): MessageCheck {
  return (message, trail) => {
    if (isSet(message, name)) trail.report(name, "must not be set: Envoy refuses this old field");
  };
}

/** Whether a field was set. A decoded message inherits a default for every field that was not. */
function isSet(message: MessageFields, name: string): boolean {
  return Object.hasOwn(message, name) && message[name] !== undefined && message[name] !== null;
}

const checkAny: MessageCheck = (any, trail) => {
  const { type, value } = contentOfAny(any);
  if (findMessage(type) === undefined) return;
  let message: MessageFields;
  try {
    message = decodeByName(type, value);
  } catch {
    trail.report("value", `must be a serialised ${type}`);
    return;
  }
  // A TypedStruct carries the JSON of a message, whose rules Envoy checks as well.
  const content = typedStructContent(type, message);
  if (content === undefined) return checkOf(type)(message, trail);
  checkOf(content.type)(parseProtoJson(content.type, content.json).message, trail);
};

/** The check of one field. Undefined: nothing in it could be wrong. */
function compileField(
  field: Protobuf.Field,
  rules: FieldRules | undefined,
): MessageCheck | undefined {
  field.resolve();
  const { name } = field;
  if (isMapField(field)) return compileMap(field, kindOf(rules, "map"));
  if (field.repeated) return compileRepeated(field, kindOf(rules, "repeated"));
  const check = compileValue(field, rules);
  // In a oneof, a rule is about the field that was chosen: "required" always holds.
  const mayBeUnset = field.partOf !== null && field.partOf !== undefined;
  if (isMessageType(field.resolvedType)) {
    const required = !mayBeUnset && isRequired(rules);
    if (!required && check === undefined) return undefined;
    return (message, trail) => {
      const value = message[name];
      if (value !== undefined && value !== null) check?.(value, name, trail);
      else if (required) trail.report(name, "must be set");
    };
  }
  if (check === undefined) return undefined;
  if (mayBeUnset) {
    return (message, trail) => {
      if (isSet(message, name)) check(message[name], name, trail);
    };
  }
  const zero = zeroOf(field);
  return (message, trail) => check(message[name] ?? zero, name, trail);
}

/** The rules of one kind, such as `repeated`. */
function kindOf(rules: FieldRules | undefined, kind: string): Rules {
  return (rules?.[kind] ?? {}) as Rules;
}

function isRequired(rules: FieldRules | undefined): boolean {
  return ["message", "duration", "timestamp", "any"].some(
    (kind) => kindOf(rules, kind)["required"] === true,
  );
}

/** An unset scalar has the zero value of its type, and must keep its rules with it. */
function zeroOf(field: Protobuf.Field): unknown {
  if (isEnumType(field.resolvedType)) return 0;
  if (field.type === "string") return "";
  if (field.type === "bytes") return new Uint8Array();
  return field.type === "bool" ? false : 0;
}

/** Seconds of a `google.protobuf.Duration`: no more than 10,000 years. */
const maxSeconds = 315_576_000_000;

/** What Envoy demands of every duration, whatever its rules. */
const durationFault: ValueCheck = (duration) => {
  const { seconds = 0, nanos = 0 } = duration as { seconds?: number | string; nanos?: number };
  if (Number(seconds) < 0 || nanos < 0) return "must not be negative";
  if (Number(seconds) > maxSeconds) return `must be at most ${maxSeconds}s`;
  return nanos > 999_999_999 ? "must have less than 1,000,000,000 nanoseconds" : undefined;
};

/** The check of a value of a field's type: of the field itself, of an item, or of a map's value. */
function compileValue(field: Protobuf.Field, rules: FieldRules | undefined): PartCheck | undefined {
  if (isMessageType(field.resolvedType)) return compileNested(field.resolvedType, rules);
  const check = compileScalar(field, rules ?? {});
  return (
    check &&
    ((value, part, trail) => {
      const fault = check(value);
      if (fault !== undefined) trail.report(part, fault);
    })
  );
}

function compileScalar(field: Protobuf.Field, rules: FieldRules): ValueCheck | undefined {
  if (isEnumType(field.resolvedType)) return enumCheck(field.resolvedType, kindOf(rules, "enum"));
  const kind = Object.keys(rules).find((name) => name !== "message");
  if (kind === undefined) return undefined;
  const own = kindOf(rules, kind);
  if (kind === "string") return stringCheck(own);
  if (kind === "bytes") return bytesCheck(own);
  return kind === "bool" ? boolCheck(own) : numberCheck(kind, own);
}

function compileNested(type: Protobuf.Type, rules: FieldRules | undefined): PartCheck | undefined {
  const typeName = type.fullName.slice(1);
  const fromRules = compileWellKnown(type, rules);
  const own =
    typeName === "google.protobuf.Duration"
      ? (value: unknown) => fromRules?.(value) ?? durationFault(value)
      : fromRules;
  const skip = kindOf(rules, "message")["skip"] === true;
  // Well-known types but Any have no rules of their own.
  const leaf = typeName.startsWith("google.protobuf.") && typeName !== "google.protobuf.Any";
  if (own === undefined && (skip || leaf)) return undefined;
  let nested: MessageCheck | undefined = skip || leaf ? nothingToCheck : undefined;
  return (value, part, trail) => {
    const fault = own?.(value);
    if (fault !== undefined) trail.report(part, fault);
    nested ??= checkOf(typeName);
    if (nested === nothingToCheck) return;
    trail.enter(part);
    nested(value as MessageFields, trail);
    trail.leave();
  };
}

/** Rules of a kind that is about a well-known message type. */
function compileWellKnown(
  type: Protobuf.Type,
  rules: FieldRules | undefined,
): ValueCheck | undefined {
  const kind = Object.keys(rules ?? {}).find((name) => name !== "message");
  if (kind === undefined) return undefined;
  const own = kindOf(rules, kind);
  const settings = Object.keys(own).filter((name) => name !== "required");
  if (settings.length === 0) return undefined;
  if (kind === "duration") return durationCheck(own);
  invariant(isWrapper(type.fullName.slice(1)), `${type.fullName} has unknown rules: ${kind}`);
  const field = type.fieldsArray[0];
  const check = field && compileScalar(field.resolve(), rules ?? {});
  const zero = field && zeroOf(field);
  return (wrapper) => check?.((wrapper as MessageFields)["value"] ?? zero);
}

const repeatedRules = ["min_items", "max_items", "unique", "items", "ignore_empty"];
const mapRules = ["min_pairs", "max_pairs", "keys", "values", "ignore_empty"];

function refuseUnknown(rules: Rules, known: readonly string[]): void {
  const unknown = Object.keys(rules).find((name) => !known.includes(name));
  invariant(unknown === undefined, `validate.rules have ${unknown}, which is not checked`);
}

function sizeFault(size: number, min: number, max: number, unit: string): string | undefined {
  const plural = (count: number): string =>
    `${count} ${count === 1 ? unit.replace(/ies$/, "y").replace(/s$/, "") : unit}`;
  if (size < min) return `must have at least ${plural(min)}`;
  return size > max ? `must have at most ${plural(max)}` : undefined;
}

function compileRepeated(field: Protobuf.Field, rules: Rules): MessageCheck | undefined {
  refuseUnknown(rules, repeatedRules);
  const { name } = field;
  const item = compileValue(field, rules["items"] as FieldRules | undefined);
  const min = Number(rules["min_items"] ?? 0);
  const max = Number(rules["max_items"] ?? Infinity);
  const unique = rules["unique"] === true;
  if (item === undefined && min === 0 && max === Infinity && !unique) return undefined;
  return (message, trail) => {
    const list = (message[name] ?? []) as readonly unknown[];
    if (list.length === 0 && (min === 0 || rules["ignore_empty"] === true)) return;
    const fault = sizeFault(list.length, min, max, "items");
    if (fault !== undefined) trail.report(name, fault);
    if (unique && new Set(list).size !== list.length) trail.report(name, "must not repeat an item");
    if (item === undefined) return;
    trail.enter(name);
    for (let at = 0; at < list.length; at++) item(list[at], `[${at}]`, trail);
    trail.leave();
  };
}

function compileMap(
  field: Protobuf.Field & Protobuf.MapField,
  rules: Rules,
): MessageCheck | undefined {
  refuseUnknown(rules, mapRules);
  const { name } = field;
  const keyRules = rules["keys"] as FieldRules | undefined;
  const key = keyRules && stringCheck(kindOf(keyRules, "string"));
  const item = compileValue(field, rules["values"] as FieldRules | undefined);
  const min = Number(rules["min_pairs"] ?? 0);
  const max = Number(rules["max_pairs"] ?? Infinity);
  if (key === undefined && item === undefined && min === 0 && max === Infinity) return undefined;
  return (message, trail) => {
    const entries = Object.entries((message[name] ?? {}) as MessageFields);
    if (entries.length === 0 && (min === 0 || rules["ignore_empty"] === true)) return;
    const fault = sizeFault(entries.length, min, max, "entries");
    if (fault !== undefined) trail.report(name, fault);
    trail.enter(name);
    for (const [entryKey, value] of entries) {
      const part = `[${JSON.stringify(entryKey)}]`;
      const keyFault = key?.(entryKey);
      if (keyFault !== undefined) trail.report(part, `the key ${keyFault}`);
      item?.(value, part, trail);
    }
    trail.leave();
  };
}
