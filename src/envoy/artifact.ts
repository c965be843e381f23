import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { lazy } from "../lib/lazy.js";
import { protobuf } from "./protobuf.js";

/** A top-level message or enum of the API, as it stands in the artifact. */
export interface ArtifactEntry {
  readonly kind: "message" | "enum";
  readonly packageName: string;
  /** "proto2" or "proto3": whether an explicit zero value is kept apart from an unset field. */
  readonly syntax: string;
  /** A serialised `google.protobuf.DescriptorProto` or `EnumDescriptorProto`. */
  readonly bytes: Uint8Array;
}

const artifactUrl = new URL("../../proto/envoy-v3.binpb.gz", import.meta.url);

// Field numbers of google/protobuf/descriptor.proto.
const fileDescriptorSet = { file: 1 } as const;
const fileDescriptor = { package: 2, messageType: 4, enumType: 5, syntax: 12 } as const;
const nameTag = (1 << 3) | 2; // of files, messages and enums, whose first field it is

/**
 * The files of each package. One pass over the artifact that reads only the packages' names: what
 * nobody asks for is never decoded.
 */
const filesByPackage = lazy((): ReadonlyMap<string, readonly Uint8Array[]> => {
  const packages = new Map<string, Uint8Array[]>();
  const reader = protobuf().Reader.create(gunzipSync(readFileSync(artifactUrl)));
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 !== fileDescriptorSet.file) reader.skipType(tag & 7);
    else {
      const file = reader.bytes();
      const name = packageOf(file);
      const files = packages.get(name);
      if (files === undefined) packages.set(name, [file]);
      else files.push(file);
    }
  }
  return packages;
});

function packageOf(file: Uint8Array): string {
  const reader = protobuf().Reader.create(file);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === fileDescriptor.package) return reader.string();
    if (tag !== nameTag) return ""; // fields are in the order of their numbers
    reader.skipType(tag & 7);
  }
  return "";
}

const entriesByPackage = new Map<string, ReadonlyMap<string, ArtifactEntry>>();

/** The messages and enums of a package by their simple names; undefined if there is no such package. */
function entriesOf(packageName: string): ReadonlyMap<string, ArtifactEntry> | undefined {
  const files = filesByPackage().get(packageName);
  if (files === undefined) return undefined;
  let entries = entriesByPackage.get(packageName);
  if (entries === undefined) {
    entries = new Map(files.flatMap((file) => readFile(file, packageName)));
    entriesByPackage.set(packageName, entries);
  }
  return entries;
}

function readFile(file: Uint8Array, packageName: string): [string, ArtifactEntry][] {
  const reader = protobuf().Reader.create(file);
  const found: Pick<ArtifactEntry, "kind" | "bytes">[] = [];
  let syntax = "proto2"; // what a file without the field is written in
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === fileDescriptor.messageType)
      found.push({ kind: "message", bytes: reader.bytes() });
    else if (field === fileDescriptor.enumType) found.push({ kind: "enum", bytes: reader.bytes() });
    else if (field === fileDescriptor.syntax) syntax = reader.string();
    else reader.skipType(tag & 7);
  }
  return found.map((entry) => {
    const nameReader = protobuf().Reader.create(entry.bytes);
    nameReader.uint32();
    return [nameReader.string(), { ...entry, packageName, syntax }];
  });
}

/** The top-level message or enum called `fullName`, or that a type of that name is nested in. */
export function findEntry(
  fullName: string,
): { readonly name: string; readonly entry: ArtifactEntry } | undefined {
  const parts = fullName.split(".");
  for (let end = parts.length - 1; end > 0; end--) {
    const packageName = parts.slice(0, end).join(".");
    const simpleName = parts[end] ?? "";
    const entry = entriesOf(packageName)?.get(simpleName);
    if (entry !== undefined) return { name: `${packageName}.${simpleName}`, entry };
  }
  return undefined;
}

/** The full names of all top-level messages of the API, in the order of the artifact. */
export function messageNames(): readonly string[] {
  return [...filesByPackage().keys()].flatMap((packageName) =>
    [...(entriesOf(packageName) ?? [])]
      .filter(([, { kind }]) => kind === "message")
      .map(([name]) => `${packageName}.${name}`),
  );
}
