import type { Diagnostic, Target } from "../diagnostics/diagnostic.js";
import { appendAll } from "../lib/append-all.js";
import { emptyJsonObject, isJsonObject, type JsonObject } from "../lib/json.js";
import { lazy } from "../lib/lazy.js";
import { nearest } from "../lib/nearest.js";
import { maxDuration, parseDuration } from "../model/duration.js";
import type { LanguageExtensions } from "../model/language.js";
import { pointerOf, type JsonPointer, type Origin } from "../model/location.js";
import type { Kind, Located } from "../model/resource.js";
import type { RawObject } from "../parse/documents.js";
import { finding, shownFindings, type Finding } from "./finding.js";
import { misplacedKeys, unwrap, type UnwrappedObject } from "./kubernetes-form.js";
import type { LanguageSchemas, UpstreamTypes } from "./language-schemas.js";
import { normalize, writtenPointer } from "./normalize.js";
import type { SchemaCheck } from "./schema-check.js";
import { visitMarked } from "./marked-values.js";
import type { SecretUse } from "./secret-check.js";
import { checkSemantics } from "./semantics.js";
import type { Shape } from "./shape.js";

/** What became of one object, looked at on its own. */
export interface CheckedObject {
  readonly kind: Kind;
  /** As declared; undefined if it has none. */
  readonly name: string | undefined;
  /** In canonical form; undefined if it has errors. */
  readonly located: Located<unknown> | undefined;
  readonly secretUses: readonly SecretUse[];
  readonly diagnostics: readonly Diagnostic[];
  /** Where its name stands. */
  readonly nameTarget: () => Target;
}

/** What checking an object takes. */
export interface ObjectCheckOptions {
  readonly extensions: LanguageExtensions;
  readonly schemas: LanguageSchemas;
  readonly shapeOf: (document: JsonObject) => Shape;
  readonly schemaCheck: SchemaCheck;
}

/** Less than this, a millisecond, is not what anyone means by a bare number. */
const doubtfulNanoseconds = 1_000_000;

/** Checks objects on their own, each once: an unchanged object gives the same answer (`===`). */
export function createObjectCheck(options: ObjectCheckOptions): (raw: RawObject) => CheckedObject {
  const known = new WeakMap<RawObject, CheckedObject>();
  return (raw) => {
    let checked = known.get(raw);
    if (checked === undefined) known.set(raw, (checked = checkObject(raw, options)));
    return checked;
  };
}

function checkObject(raw: RawObject, options: ObjectCheckOptions): CheckedObject {
  const wrapping = raw.wrapped ? checkWrapping(raw, options) : [];
  const unwrapped = unwrap(raw);
  const form = unwrapped === undefined ? undefined : canonicalForm(raw, unwrapped, options);
  const name = nameOf(raw, form?.value);
  const { kind } = raw;
  const ref = name === undefined ? undefined : { kind, name };
  const targetIn =
    (origin: Origin) =>
    (pointer: JsonPointer, at: "key" | "value"): Target => ({
      ...(ref && { resource: ref }),
      pointer,
      location: origin.locate(pointer, at),
    });
  const origin = form?.origin ?? raw.origin;
  const diagnostics = [
    ...shownFindings(wrapping, targetIn(raw.origin)),
    ...shownFindings(form?.findings ?? [], targetIn(origin)),
  ];
  const isSound = !diagnostics.some(({ severity }) => severity === "error");
  const located =
    isSound && form !== undefined && ref !== undefined
      ? { ref, value: form.value, origin: form.origin }
      : undefined;
  const nameTarget = (): Target => targetIn(origin)("/name", "value");
  return { kind, name, located, secretUses: form?.secretUses ?? [], diagnostics, nameTarget };
}

/** The wrapping of the Kubernetes form. What is taken out of it is checked with the object itself. */
function checkWrapping(
  raw: RawObject,
  { schemas, schemaCheck }: ObjectCheckOptions,
): readonly Finding[] {
  const found = schemaCheck
    .check(raw.value, schemas.kubernetes)
    .filter(({ pointer }) => !pointer.startsWith("/metadata/") && !pointer.startsWith("/status"));
  const { spec } = raw.value;
  const inSpec = misplacedKeys.filter(
    (key) => typeof spec === "object" && spec !== null && Object.hasOwn(spec, key),
  );
  return [
    ...found,
    ...inSpec.map((key) =>
      finding("schema/unknown-key", { key, keys: "" }, pointerOf("/spec", key), "key"),
    ),
  ];
}

/** That the name is missing is said of the wrapping, where it belongs. */
function isOfWrapping({ wrapped }: RawObject, { code, pointer, params }: Finding): boolean {
  if (!wrapped || code !== "schema/missing-key" || pointer !== "") return false;
  return "key" in params && params.key === "name";
}

interface CanonicalForm {
  readonly value: JsonObject;
  /** Takes pointers of `value`. */
  readonly origin: Origin;
  readonly secretUses: readonly SecretUse[];
  readonly findings: readonly Finding[];
}

function canonicalForm(
  raw: RawObject,
  unwrapped: UnwrappedObject,
  options: ObjectCheckOptions,
): CanonicalForm {
  const { schemas, shapeOf, schemaCheck, extensions } = options;
  const types = raw.kind === "Upstream" ? typesOf(unwrapped.value, extensions) : undefined;
  const schema = schemas.objectSchema(raw.kind, types?.known);
  const shape = shapeOf(schema);
  const findings: Finding[] = [...(types?.findings ?? [])];
  // Of a mapping, normalisation makes a mapping.
  const normalized = normalize(unwrapped.value, shape, {
    sameKeyTwice(pointer, key, spelling) {
      const at = pointerOf(pointer, spelling);
      findings.push(finding("schema/same-key-twice", { key, spelling }, at, "key"));
    },
  }) as JsonObject;
  const isPlain = raw.kind === "VirtualService" && namesNoCertificate(normalized);
  const normal = isPlain ? without(normalized, "ssl_config") : normalized;
  const faults = schemaCheck.check(normal, schema);
  appendAll(
    findings,
    faults.filter((found) => !isOfWrapping(raw, found)),
  );
  const value = findings.length > 0 ? normal : finished(raw.kind, normal, types?.known);
  const secretUses: SecretUse[] = [];
  if (findings.length === 0) {
    appendAll(findings, checkSemantics(raw.kind, value));
    visitMarked(value, shape, {
      secret: (ref, use, pointer) => secretUses.push({ ref, use, pointer }),
      nanoseconds(nanoseconds, pointer) {
        if (parseDuration(nanoseconds) === undefined) {
          const params = { text: String(nanoseconds), reason: `it is longer than ${maxDuration}` };
          findings.push(finding("duration/malformed", params, pointer));
        } else if (nanoseconds !== 0 && nanoseconds < doubtfulNanoseconds) {
          findings.push(finding("duration/nanoseconds", { nanoseconds }, pointer));
        }
      },
    });
  }
  if (isPlain) findings.push(finding("tls/no-certificate", {}, "/ssl_config", "key"));
  return { value, origin: originOf(raw, unwrapped, shape), secretUses, findings };
}

/** Whether the TLS of a virtual service is that of 0.2.x without a secret, which was plain HTTP. */
function namesNoCertificate({ ssl_config: tls }: JsonObject): boolean {
  if (!isJsonObject(tls)) return false;
  const { secret_ref: ref = "", ...others } = tls;
  return ref === "" && Object.keys(others).length === 0;
}

/** Keeps what locating needs, and computes it when it is first asked for: most objects are sound. */
function originOf(raw: RawObject, unwrapped: UnwrappedObject, shape: Shape): Origin {
  const moved = lazy(() => {
    const found = new Map<JsonPointer, JsonPointer>();
    normalize(unwrapped.value, shape, {
      moved: (canonical, written) => found.set(canonical, written),
    });
    return found;
  });
  return {
    file: raw.origin.file,
    locate(pointer, at) {
      return raw.origin.locate(unwrapped.written(writtenPointer(pointer, moved())), at);
    },
  };
}

/** Which types an upstream has, in canonical spelling, and what is wrong with them. */
function typesOf(
  value: JsonObject,
  { upstreamTypes, serviceTypes }: LanguageExtensions,
): { readonly known: UpstreamTypes; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const { type } = value;
  const upstream = typeof type === "string" ? upstreamTypes.get(type)?.canonical : undefined;
  if (typeof type === "string" && type !== "" && upstream === undefined) {
    findings.push(finding("upstream/unknown-type", unknownType(type, upstreamTypes), "/type"));
  }
  const info = value["service_info"] ?? value["serviceInfo"];
  const serviceType =
    typeof info === "object" && info !== null && "type" in info ? info.type : undefined;
  const service =
    typeof serviceType === "string" ? serviceTypes.get(serviceType)?.canonical : undefined;
  if (typeof serviceType === "string" && serviceType !== "" && service === undefined) {
    const params = unknownType(serviceType, serviceTypes);
    findings.push(finding("upstream/unknown-service-type", params, "/service_info/type"));
  }
  return { known: { upstream, service }, findings };
}

function unknownType(type: string, types: LanguageExtensions["upstreamTypes"]) {
  const near = nearest(type, types.keys());
  const known = [...new Set([...types.values()].map(({ canonical }) => canonical))].join(", ");
  return { type, known, ...(near !== undefined && { near }) };
}

/** What the schemas cannot say about the canonical form. */
function finished(kind: Kind, value: JsonObject, types: UpstreamTypes | undefined): JsonObject {
  switch (kind) {
    case "Upstream":
      return types?.upstream === undefined || types.upstream === value["type"]
        ? value
        : replaced(value, { type: types.upstream });
    case "VirtualService": {
      const { domains, roles } = value;
      return replaced(value, {
        // An empty domain, and no domain, is every domain, as in 2018.
        domains: listOr(domains, "*").map((domain) => (domain === "" ? "*" : domain)),
        roles: listOr(roles, "ingress"),
      });
    }
    case "Role":
    case "Attribute":
      return value;
  }
}

function listOr(value: unknown, only: string): readonly string[] {
  // The schema has accepted it: a list of strings.
  return Array.isArray(value) && value.length > 0 ? (value as readonly string[]) : [only];
}

function without(value: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = value;
  return Object.assign(emptyJsonObject(), rest);
}

function replaced(value: JsonObject, fields: JsonObject): JsonObject {
  return Object.assign(emptyJsonObject(), value, fields);
}

/** What is longer is no name, and not shown as one. */
const maxName = 253;

function nameOf(raw: RawObject, value: JsonObject | undefined): string | undefined {
  const { metadata } = raw.value;
  const wrappedName =
    raw.wrapped && typeof metadata === "object" && metadata !== null && "name" in metadata
      ? metadata.name
      : undefined;
  const name = value?.["name"] ?? wrappedName;
  return typeof name === "string" && name !== "" && name.length <= maxName ? name : undefined;
}
