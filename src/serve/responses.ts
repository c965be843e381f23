import protobuf from "protobufjs";
import type { ResourceSet, XdsResource } from "../snapshot/snapshot.js";

/** One response, ready to be sent but for its nonce. */
export interface ResponseBody {
  readonly version: string;
  /** The encoded `resources` (and, for delta, `removed_resources`) fields. */
  readonly bytes: Uint8Array;
}

/** Field numbers of DiscoveryResponse, DeltaDiscoveryResponse and Resource. */
const sotwField = { version: 1, resources: 2, typeUrl: 4, nonce: 5 } as const;
const deltaField = { systemVersion: 1, resources: 2, typeUrl: 4, nonce: 5, removed: 6 } as const;
const resourceField = { version: 1, body: 2, name: 3 } as const;

const lengthDelimited = (field: number): number => (field << 3) | 2;

/** Encoded once for a set, and shared by every stream that is sent all of it. */
const wholeSets = new WeakMap<ResourceSet, Uint8Array>();
const deltaResources = new WeakMap<XdsResource, Uint8Array>();

/** The `resources` of a state-of-the-world response. */
export function encodeSotwResources(resources: Iterable<XdsResource>): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const { any } of resources) {
    writer.uint32(lengthDelimited(sotwField.resources)).bytes(any);
  }
  return writer.finish();
}

/** As {@link encodeSotwResources}, of a whole set. */
export function encodeSotwSet(set: ResourceSet): Uint8Array {
  let bytes = wholeSets.get(set);
  if (bytes === undefined) {
    bytes = encodeSotwResources(set.resources.values());
    wholeSets.set(set, bytes);
  }
  return bytes;
}

/** The `resources` and `removed_resources` of a delta response. */
export function encodeDeltaChange(
  changed: Iterable<XdsResource>,
  removed: Iterable<string>,
): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const resource of changed) {
    writer.uint32(lengthDelimited(deltaField.resources)).bytes(deltaResource(resource));
  }
  for (const name of removed) writer.uint32(lengthDelimited(deltaField.removed)).string(name);
  return writer.finish();
}

function deltaResource(resource: XdsResource): Uint8Array {
  let bytes = deltaResources.get(resource);
  if (bytes === undefined) {
    bytes = protobuf.Writer.create()
      .uint32(lengthDelimited(resourceField.version))
      .string(resource.version)
      .uint32(lengthDelimited(resourceField.body))
      .bytes(resource.any)
      .uint32(lengthDelimited(resourceField.name))
      .string(resource.name)
      .finish();
    deltaResources.set(resource, bytes);
  }
  return bytes;
}

/** A serialised DiscoveryResponse or DeltaDiscoveryResponse: the two agree on these field numbers. */
export function encodeResponse(typeUrl: string, body: ResponseBody, nonce: string): Buffer {
  const head = protobuf.Writer.create()
    .uint32(lengthDelimited(sotwField.version))
    .string(body.version)
    .uint32(lengthDelimited(sotwField.typeUrl))
    .string(typeUrl)
    .uint32(lengthDelimited(sotwField.nonce))
    .string(nonce)
    .finish();
  return Buffer.concat([head, body.bytes]);
}
