import { createRequire } from "node:module";
import type * as Protobuf from "protobufjs/light.js";
import { lazy } from "../lib/lazy.js";

/** A compiled .proto file: `google.protobuf.FileDescriptorProto`, without what is of no use here. */
export interface FileDescriptor {
  readonly name: string;
  readonly package?: string;
  readonly dependency?: readonly string[];
  readonly publicDependency?: readonly number[];
  readonly messageType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumDescriptor[];
  readonly service?: readonly ServiceDescriptor[];
  readonly syntax?: string;
  readonly edition?: number;
  readonly options?: object;
}

/** `google.protobuf.DescriptorProto`. */
export interface MessageDescriptor {
  readonly name: string;
  readonly field?: readonly FieldDescriptor[];
  readonly nestedType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumDescriptor[];
  readonly oneofDecl?: readonly { readonly name: string }[];
  readonly options?: { readonly mapEntry?: boolean };
}

/** `google.protobuf.FieldDescriptorProto`. */
export interface FieldDescriptor {
  readonly name: string;
  readonly number: number;
  readonly label: number;
  readonly type: number;
  /** With a dot in front of it: the whole name. */
  readonly typeName?: string;
  readonly jsonName?: string;
  readonly defaultValue?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
  readonly options?: { readonly packed?: boolean };
}

/** `google.protobuf.EnumDescriptorProto`. */
export interface EnumDescriptor {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number: number }[];
  readonly options?: { readonly allowAlias?: boolean };
}

/** `google.protobuf.ServiceDescriptorProto`. */
export interface ServiceDescriptor {
  readonly name: string;
  readonly method?: readonly MethodDescriptor[];
}

/** `google.protobuf.MethodDescriptorProto`. */
export interface MethodDescriptor {
  readonly name: string;
  /** As {@link FieldDescriptor.typeName}. */
  readonly inputType: string;
  readonly outputType: string;
  readonly clientStreaming?: boolean;
  readonly serverStreaming?: boolean;
  readonly options?: { readonly http?: HttpRule };
}

/** `google.api.HttpRule`: which requests of HTTP call a method, and how. */
export interface HttpRule {
  readonly get?: string;
  readonly put?: string;
  readonly post?: string;
  readonly delete?: string;
  readonly patch?: string;
  readonly custom?: { readonly kind: string; readonly path: string };
  readonly body?: string;
  readonly responseBody?: string;
  readonly additionalBindings?: readonly HttpRule[];
}

/** The numbers of `google.protobuf.FieldDescriptorProto.Type` by the names that .proto files use. */
export const fieldTypes = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  group: 10,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
} as const;

/** The number of the extension `google.api.http` of method options. */
const httpExtension = 72_295_728;

const require = createRequire(import.meta.url);

/** `google.protobuf.FileDescriptorSet`, whose method options know `google.api.http`. */
const setType = lazy(() => {
  const { Field, Root } = require("protobufjs/light.js") as typeof Protobuf;
  const root = Root.fromJSON(
    require("protobufjs/google/protobuf/descriptor.json") as Protobuf.INamespace,
  );
  root.addJSON(
    (require("protobufjs/google/api/http.json") as Required<Protobuf.INamespace>).nested,
  );
  const methodOptions = root.lookupType("google.protobuf.MethodOptions");
  methodOptions.add(new Field("http", httpExtension, "google.api.HttpRule"));
  return root.lookupType("google.protobuf.FileDescriptorSet");
});

/** Reads a serialised `FileDescriptorSet`. Throws on bytes that are none. */
export function decodeDescriptorSet(bytes: Uint8Array): readonly FileDescriptor[] {
  const type = setType();
  // Without options, an object holds what was sent and nothing else.
  const { file = [] } = type.toObject(type.decode(bytes), { arrays: false }) as {
    readonly file?: readonly FileDescriptor[];
  };
  return file;
}

/** Serialises a `FileDescriptorSet`. Equal input, equal bytes. */
export function encodeDescriptorSet(file: readonly FileDescriptor[]): Uint8Array {
  const type = setType();
  return type.encode(type.fromObject({ file })).finish();
}
