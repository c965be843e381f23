/**
 * Just enough of the protobuf wire format to move encoded messages about without decoding them.
 * https://protobuf.dev/programming-guides/encoding/
 */

/** One field of an encoded message. */
export interface WireField {
  readonly number: number;
  /** The whole field, tag included. */
  readonly raw: Uint8Array;
  /** The content of a length-delimited field: a message, a string or bytes. */
  readonly content: Uint8Array | undefined;
}

/** Encodes a field that holds a message, a string or bytes. */
export function wireField(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** Encodes a field that holds an unsigned number or an enum. */
export function wireNumber(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

/** The fields of an encoded message in their order; undefined if the bytes are not a message. */
export function readFields(message: Uint8Array): readonly WireField[] | undefined {
  const fields: WireField[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    if (tag === undefined || tag.value < 8) return undefined;
    const body = readBody(message, tag.end, tag.value % 8);
    if (body === undefined || body.end > message.length) return undefined;
    const content = body.start === undefined ? undefined : message.subarray(body.start, body.end);
    fields.push({
      number: Math.floor(tag.value / 8),
      raw: message.subarray(at, body.end),
      content,
    });
    at = body.end;
  }
  return fields;
}

/**
 * Copies an encoded message with some of its length-delimited fields changed: `change` gets the
 * content of each field and gives its new content, or undefined to leave the field out. Bytes that
 * are not a message are returned as they are.
 */
export function mapFields(
  message: Uint8Array,
  change: (number: number, content: Uint8Array) => Uint8Array | undefined,
): Uint8Array {
  const fields = readFields(message);
  if (fields === undefined) return message;
  return Buffer.concat(
    fields.flatMap(({ number, raw, content }) => {
      if (content === undefined) return [raw];
      const changed = change(number, content);
      if (changed === content) return [raw];
      return changed === undefined ? [] : [wireField(number, changed)];
    }),
  );
}

function readBody(
  bytes: Uint8Array,
  at: number,
  wireType: number,
): { readonly start?: number; readonly end: number } | undefined {
  switch (wireType) {
    case 0:
      return readVarint(bytes, at);
    case 1:
      return { end: at + 8 };
    case 2: {
      const length = readVarint(bytes, at);
      return length && { start: length.end, end: length.end + length.value };
    }
    case 5:
      return { end: at + 4 };
    default:
      return undefined; // groups: no Envoy message has one
  }
}

function readVarint(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
