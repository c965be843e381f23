import { jsonNameOf } from "./json-name.js";
import type { EnumDescriptor, FileDescriptor, MessageDescriptor } from "./descriptor-messages.js";
import { ProtoError } from "./proto-error.js";

/**
 * Checks of a compiled file what protoc would refuse, and so does Envoy, but not the parser: names that
 * clash in JSON or in a scope, and enums of proto3 that do not begin with 0. Throws `ProtoError`.
 */
export function checkFile({ name, syntax, messageType = [], enumType = [] }: FileDescriptor): void {
  const fail = (problem: string): never => {
    throw new ProtoError(name, problem);
  };
  const visit = (
    messages: readonly MessageDescriptor[],
    enums: readonly EnumDescriptor[],
  ): void => {
    // Values of enums stand beside the enum, not in it.
    const values = enums.flatMap(({ value }) => value.map((one) => one.name));
    const twice = firstRepeated(values);
    if (twice !== undefined) fail(`"${twice}" is a value of two enums in one scope`);
    for (const { name: own, value } of enums) {
      if (syntax === "proto3" && value[0]?.number !== 0)
        fail(`the first value of enum "${own}" is not 0`);
    }
    for (const { name: own, field = [], nestedType = [], enumType: nested = [] } of messages) {
      const clash = firstRepeated(field.map((one) => one.jsonName ?? jsonNameOf(one.name)));
      if (clash !== undefined) fail(`two fields of "${own}" are called "${clash}" in JSON`);
      visit(nestedType, nested);
    }
  };
  visit(messageType, enumType);
}

function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
