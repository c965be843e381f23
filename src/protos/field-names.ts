import { fieldTypes, type FieldDescriptor, type MessageDescriptor } from "./descriptor-messages.js";
import { jsonNameOf } from "./json-name.js";
import type { ProtoSet } from "./proto-set.js";

/** Looks up fields of messages, whose names are whole and begin with a dot. */
export interface FieldNames {
  /** Whether there is a field, by its own name or that in JSON; `path` has dots between its parts. */
  has(message: string, path: string): boolean;
  /** The names that a message's fields have, as .proto files spell them. */
  of(message: string): readonly string[];
}

/** Indexes the messages of a set. */
export function fieldNamesOf({ files }: ProtoSet): FieldNames {
  const messages = new Map<string, MessageDescriptor>();
  const add = (message: MessageDescriptor, prefix: string): void => {
    const name = `${prefix}.${message.name}`;
    messages.set(name, message);
    for (const nested of message.nestedType ?? []) add(nested, name);
  };
  for (const { package: packageName = "", messageType = [] } of files) {
    for (const message of messageType) add(message, packageName === "" ? "" : `.${packageName}`);
  }
  const fieldOf = (message: string, name: string): FieldDescriptor | undefined =>
    messages
      .get(message)
      ?.field?.find((own) => own.name === name || (own.jsonName ?? jsonNameOf(own.name)) === name);
  return {
    has(message, path) {
      let type = message;
      const names = path.split(".");
      return names.every((name, index) => {
        const field = fieldOf(type, name);
        if (field === undefined) return false;
        type = field.type === fieldTypes.message ? (field.typeName ?? "") : "";
        return index === names.length - 1 || type !== "";
      });
    },
    of: (message) => (messages.get(message)?.field ?? []).map(({ name }) => name),
  };
}
