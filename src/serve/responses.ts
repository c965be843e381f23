import protobuf from "protobufjs";
import { invariant } from "../lib/invariant.js";
import type { ResourceSet, XdsResource } from "../snapshot/snapshot.js";
import type { Transition } from "./type-state.js";

/** How the responses of a stream are encoded. */
export interface ResponseForm {
  readonly variant: "sotw" | "delta";
  /** Resources expire at the client this long after they were last sent; undefined: never. */
  readonly ttlMs: number | undefined;
}

/** A response ready to be written. The bytes are shared: nobody may change them. */
export interface Response {
  readonly bytes: Buffer;
  readonly nonce: number;
}

/** A response but for its nonce, for all streams in the same situation. */
export interface SharedResponse {
  /**
   * With a nonce above `after`. Nonces are numbers that only grow, and one response has the same nonce on
   * all streams, until a stream that has had it is sent it again.
   */
  withNonceAfter(after: number): Response;
}

/** Encodes responses, each once for all streams. */
export interface Responses {
  /** What a transition takes: one response, or several where a large one may be split. */
  of(
    typeUrl: string,
    transition: Transition,
    form: ResponseForm,
  ): readonly [SharedResponse, ...SharedResponse[]];
  /** Resources without their bodies: the client keeps them for another TTL. */
  heartbeat(typeUrl: string, set: ResourceSet, form: ResponseForm): SharedResponse;
  /** Lets go of what no stream asked for since the last call. */
  age(): void;
}

/**
 * What the wire adds to versions of resources with a TTL, so that a client with other TTLs, or without
 * any, is sent them again.
 */
export function versionSuffix({ ttlMs }: ResponseForm): string {
  return ttlMs === undefined ? "" : `+ttl=${ttlMs}ms`;
}

/** Field numbers of envoy.service.discovery.v3; the two responses agree on those of the first line. */
const responseField = { version: 1, resources: 2, typeUrl: 4, nonce: 5, removed: 6 } as const;
const resourceField = { version: 1, body: 2, name: 3, ttl: 6 } as const;
const anyField = { typeUrl: 1, value: 2 } as const;
const durationField = { seconds: 1, nanos: 2 } as const;
const resourceTypeUrl = "type.googleapis.com/envoy.service.discovery.v3.Resource";

const varint = 0;
const lengthDelimited = 2;
const tag = (field: number, wireType: number): number => (field << 3) | wireType;

/** Starts with nothing encoded. `maxBytes`: see `AdsServerOptions.maxResponseBytes`. */
export function createResponses(maxBytes: number): Responses {
  type Known = WeakMap<ResourceSet, Map<string, readonly [SharedResponse, ...SharedResponse[]]>>;
  let young: Known = new WeakMap();
  let old: Known = new WeakMap();
  const count = { nonces: 0 };

  const remembered = (
    set: ResourceSet,
    key: string,
    encodeParts: () => readonly Uint8Array[],
  ): readonly [SharedResponse, ...SharedResponse[]] => {
    let row = young.get(set);
    if (row === undefined) young.set(set, (row = new Map()));
    let shared = row.get(key) ?? old.get(set)?.get(key);
    if (shared === undefined) {
      const [first, ...rest] = encodeParts().map((body) => shareResponse(body, count));
      invariant(first, "a transition takes at least one response");
      shared = [first, ...rest];
    }
    row.set(key, shared);
    return shared;
  };

  return {
    of(typeUrl, transition, form) {
      const { goal, complete, changed, removed } = transition;
      const contents = complete ? "all" : transition.key;
      const key = `${form.variant} ${form.ttlMs ?? ""} ${typeUrl} ${contents}`;
      return remembered(goal, key, () => {
        const names = complete ? goal.resources.keys() : changed;
        const fields = [...names].map((name) => {
          const resource = goal.resources.get(name);
          invariant(resource, `"${name}" is sent and not there`);
          return resourceBytes(resource, form);
        });
        return splitFields(fields, removed, complete ? Infinity : maxBytes).map((part) =>
          encodeBody(typeUrl, goal.version + versionSuffix(form), part),
        );
      });
    },
    heartbeat(typeUrl, set, form) {
      const key = `${form.variant} ${form.ttlMs ?? ""} ${typeUrl} heartbeat`;
      const [only] = remembered(set, key, () => {
        const resources = [...set.resources.values()].map((resource) =>
          wrapResource(resource, form, false),
        );
        const version = set.version + versionSuffix(form);
        return [encodeBody(typeUrl, version, { resources, removed: [] })];
      });
      return only;
    },
    age() {
      old = young;
      young = new WeakMap();
    },
  };
}

function shareResponse(body: Uint8Array, count: { nonces: number }): SharedResponse {
  let current: Response | undefined;
  return {
    withNonceAfter(after) {
      if (current === undefined || current.nonce <= after) {
        const nonce = ++count.nonces;
        const field = protobuf.Writer.create()
          .uint32(tag(responseField.nonce, lengthDelimited))
          .string(String(nonce))
          .finish();
        current = { nonce, bytes: Buffer.concat([body, field]) };
      }
      return current;
    },
  };
}

/** The repeated fields of one response. */
interface Part {
  readonly resources: readonly Uint8Array[];
  readonly removed: readonly string[];
}

/** In order, each part below `maxBytes` unless one resource alone is larger. At least one part. */
function splitFields(
  resources: readonly Uint8Array[],
  removed: readonly string[],
  maxBytes: number,
): readonly Part[] {
  const parts: Uint8Array[][] = [[]];
  let size = removed.reduce((sum, name) => sum + 3 * name.length + 6, 0);
  for (const resource of resources) {
    size += resource.byteLength + 6;
    if (size > maxBytes && parts.at(-1)!.length > 0) {
      parts.push([]);
      size = resource.byteLength + 6;
    }
    parts.at(-1)!.push(resource);
  }
  return parts.map((part, index) => ({ resources: part, removed: index === 0 ? removed : [] }));
}

function encodeBody(typeUrl: string, version: string, part: Part): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(responseField.version, lengthDelimited)).string(version);
  for (const resource of part.resources) {
    writer.uint32(tag(responseField.resources, lengthDelimited)).bytes(resource);
  }
  writer.uint32(tag(responseField.typeUrl, lengthDelimited)).string(typeUrl);
  for (const name of part.removed) {
    writer.uint32(tag(responseField.removed, lengthDelimited)).string(name);
  }
  return writer.finish();
}

/** One entry of `resources`: an Any in state of the world, a Resource in delta. */
function resourceBytes(resource: XdsResource, form: ResponseForm): Uint8Array {
  const plain = form.variant === "sotw" && form.ttlMs === undefined;
  return plain ? resource.any : wrapResource(resource, form, true);
}

function wrapResource(resource: XdsResource, form: ResponseForm, withBody: boolean): Uint8Array {
  const writer = protobuf.Writer.create();
  const version = resource.version + versionSuffix(form);
  writer.uint32(tag(resourceField.version, lengthDelimited)).string(version);
  if (withBody) writer.uint32(tag(resourceField.body, lengthDelimited)).bytes(resource.any);
  writer.uint32(tag(resourceField.name, lengthDelimited)).string(resource.name);
  if (form.ttlMs !== undefined) {
    writer.uint32(tag(resourceField.ttl, lengthDelimited)).fork();
    writer.uint32(tag(durationField.seconds, varint)).int64(Math.floor(form.ttlMs / 1000));
    writer.uint32(tag(durationField.nanos, varint)).int32((form.ttlMs % 1000) * 1_000_000);
    writer.ldelim();
  }
  const bytes = writer.finish();
  if (form.variant === "delta") return bytes;
  return protobuf.Writer.create()
    .uint32(tag(anyField.typeUrl, lengthDelimited))
    .string(resourceTypeUrl)
    .uint32(tag(anyField.value, lengthDelimited))
    .bytes(bytes)
    .finish();
}
