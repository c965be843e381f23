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
  /**
   * Resources without their bodies: the client keeps them for another TTL. `wireVersion`: what the
   * client last had of the type.
   */
  heartbeat(
    typeUrl: string,
    set: ResourceSet,
    wireVersion: string,
    form: ResponseForm,
  ): SharedResponse;
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

/** How many responses are remembered of one set of resources: those that were asked for last. */
const maxRemembered = 100;

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
    row.delete(key);
    row.set(key, shared);
    for (const oldest of row.keys()) {
      if (row.size <= maxRemembered) break;
      row.delete(oldest);
    }
    return shared;
  };

  return {
    of(typeUrl, transition, form) {
      const { goal, complete, changed, removed } = transition;
      const version = transition.version + versionSuffix(form);
      const contents = complete ? "all" : transition.key;
      const key = `${form.variant} ${form.ttlMs ?? ""} ${typeUrl} ${contents}`;
      return remembered(goal, key, () => {
        const names = complete ? goal.resources.keys() : changed;
        const fields = [...names].map((name) => {
          const resource = goal.resources.get(name);
          invariant(resource, `"${name}" is sent and not there`);
          return resourceBytes(resource, version, form);
        });
        return splitFields(fields, removed, complete ? Infinity : maxBytes).map((part) =>
          encodeBody(typeUrl, version, part),
        );
      });
    },
    heartbeat(typeUrl, set, wireVersion, form) {
      const key = `${form.variant} ${form.ttlMs ?? ""} ${typeUrl} heartbeat ${wireVersion}`;
      const [only] = remembered(set, key, () => {
        const resources = [...set.resources.values()].map((resource) =>
          wrapResource(resource, wireVersion, form, false),
        );
        return [encodeBody(typeUrl, wireVersion, { resources, removed: [] })];
      });
      return only;
    },
    age() {
      old = young;
      young = new WeakMap();
    },
  };
}

function shareResponse(encoded: Uint8Array, count: { nonces: number }): SharedResponse {
  let body = encoded;
  let current: Response | undefined;
  return {
    withNonceAfter(after) {
      if (current === undefined || current.nonce <= after) {
        const nonce = ++count.nonces;
        const field = protobuf.Writer.create()
          .uint32(tag(responseField.nonce, lengthDelimited))
          .string(String(nonce))
          .finish();
        const bytes = Buffer.concat([body, field]);
        body = bytes.subarray(0, body.byteLength);
        current = { nonce, bytes };
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

/** Tag and length of a field, at most. */
const fieldOverhead = 6;

/** In order, each part below `maxBytes` unless one resource alone is larger. At least one part. */
function splitFields(
  resources: readonly Uint8Array[],
  removed: readonly string[],
  maxBytes: number,
): readonly Part[] {
  let last = { resources: [] as Uint8Array[], removed: [] as string[] };
  const parts = [last];
  let size = 0;
  const makeRoom = (bytes: number): void => {
    if (size > 0 && size + bytes > maxBytes) {
      parts.push((last = { resources: [], removed: [] }));
      size = 0;
    }
    size += bytes;
  };
  for (const resource of resources) {
    makeRoom(resource.byteLength + fieldOverhead);
    last.resources.push(resource);
  }
  for (const name of removed) {
    makeRoom(Buffer.byteLength(name) + fieldOverhead);
    last.removed.push(name);
  }
  return parts;
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
function resourceBytes(resource: XdsResource, wireVersion: string, form: ResponseForm): Uint8Array {
  const plain = form.variant === "sotw" && form.ttlMs === undefined;
  return plain ? resource.any : wrapResource(resource, wireVersion, form, true);
}

/**
 * A Resource. In delta it has a version of its own; in state of the world that of the response, which
 * Envoy compares with the one it has in order to tell a heartbeat.
 */
function wrapResource(
  resource: XdsResource,
  wireVersion: string,
  form: ResponseForm,
  withBody: boolean,
): Uint8Array {
  const writer = protobuf.Writer.create();
  const version = form.variant === "delta" ? resource.version + versionSuffix(form) : wireVersion;
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
