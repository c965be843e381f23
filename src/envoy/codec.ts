import { messageOf } from "./descriptors.js";
import type { Any, MessageTypes } from "./generated/messages.js";
import type { MessageFields } from "./message-fields.js";
import { protobuf, readerOf } from "./protobuf.js";

/** The prefix of every type URL: "type.googleapis.com/" and the full name of the message. */
export const typeUrlPrefix = "type.googleapis.com/";

/** Serialises a message. Unset fields are absent; enums are numbers; equal input, equal bytes. */
export function encode<K extends keyof MessageTypes>(
  type: K,
  message: MessageTypes[K],
): Uint8Array {
  return encodeByName(type, message);
}

/** As {@link encode}, for a type whose name is known only at run time. Throws if the API lacks it. */
export function encodeByName(type: string, message: object): Uint8Array {
  return messageOf(type).type.encode(message).finish();
}

/**
 * Reads a serialised message. Throws on bytes that are not one. An unset field gives the default of
 * its type, which the message inherits; `Object.hasOwn` tells it from one that was sent. Texts are
 * copied, `bytes` fields are views of the input.
 */
export function decode<K extends keyof MessageTypes>(type: K, bytes: Uint8Array): MessageTypes[K] {
  // The interfaces in MessageTypes are generated from the same descriptors that decode here.
  return decodeByName(type, bytes);
}

/** As {@link decode}, for a type whose name is known only at run time. Throws if the API lacks it. */
export function decodeByName(type: string, bytes: Uint8Array): MessageFields {
  return messageOf(type).type.decode(readerOf(bytes));
}

/** A message as the value of an `Any` field. */
export function packAny<K extends keyof MessageTypes>(
  type: K,
  message: MessageTypes[K],
): Required<Any> {
  return { type_url: typeUrlPrefix + type, value: encode(type, message) };
}

/** A serialised `google.protobuf.Any` that holds the message: what an xDS response carries. */
export function encodeAny<K extends keyof MessageTypes>(
  type: K,
  message: MessageTypes[K],
): Uint8Array {
  return wrapAny(type, encode(type, message));
}

/** A serialised `google.protobuf.Any` around the bytes of a message. */
export function wrapAny(type: string, value: Uint8Array): Uint8Array {
  const writer = protobuf().Writer.create();
  return writer
    .uint32(0x0a)
    .string(typeUrlPrefix + type)
    .uint32(0x12)
    .bytes(value)
    .finish();
}

/** What a `google.protobuf.Any` holds: the full name of a type, and its serialised message. */
export interface AnyContent {
  readonly type: string;
  readonly value: Uint8Array;
}

/** The content of a serialised `google.protobuf.Any`. */
export function unwrapAny(any: Uint8Array): AnyContent {
  return contentOfAny(decode("google.protobuf.Any", any));
}

/** The content of an `Any`. What is not set in it is empty. */
export function contentOfAny({ type_url: typeUrl, value }: Any): AnyContent {
  const type = typeUrl?.slice(typeUrl.lastIndexOf("/") + 1) ?? "";
  // The default that a decoded message inherits is an empty list.
  return { type, value: value instanceof Uint8Array ? value : new Uint8Array() };
}
