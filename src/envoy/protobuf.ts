import { createRequire } from "node:module";
import type * as Protobuf from "protobufjs/light.js";
import { lazy } from "../lib/lazy.js";

/**
 * protobufjs, without its parser of .proto files. Loaded at the first call: a command that needs no
 * Envoy message does not wait for it.
 */
export const protobuf = lazy(
  () => createRequire(import.meta.url)("protobufjs/light.js") as typeof Protobuf,
);

/** What a field may hold besides scalars. */
type ResolvedType = Protobuf.Field["resolvedType"];

/** Whether a field holds messages. */
export function isMessageType(type: ResolvedType): type is Protobuf.Type {
  return type instanceof protobuf().Type;
}

/** Whether a field holds values of an enum. */
export function isEnumType(type: ResolvedType): type is Protobuf.Enum {
  return type instanceof protobuf().Enum;
}

/** Whether a field is a map. */
export function isMapField(field: Protobuf.Field): field is Protobuf.Field & Protobuf.MapField {
  return field.map;
}

const wrapper = /^google\.protobuf\.(?:String|Bytes|Bool|U?Int(?:32|64)|Float|Double)Value$/;

/** Whether a message, such as `google.protobuf.UInt32Value`, only wraps a scalar called `value`. */
export function isWrapper(typeName: string): boolean {
  return wrapper.test(typeName);
}

const integers64 = ["int64", "uint64", "sint64", "fixed64", "sfixed64"] as const;

/**
 * Reads a message's bytes. Integers of 64 bits are numbers, as long as a number holds them exactly,
 * else decimal texts; both are what the encoder takes.
 */
export function readerOf(bytes: Uint8Array): Protobuf.Reader {
  return new (exactReader())(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

const exactReader = lazy(() => {
  const { BufferReader } = protobuf();
  class ExactReader extends BufferReader {}
  for (const name of integers64) {
    const read = BufferReader.prototype[name];
    const exact = function (this: Protobuf.BufferReader): number | string {
      const value = read.call(this).toString();
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    };
    Object.defineProperty(ExactReader.prototype, name, { value: exact });
  }
  return ExactReader;
});
