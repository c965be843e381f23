/** A message in the shape that protobufjs encodes: fields by the names that the API gives them. */
export type MessageFields = Record<string, unknown>;
