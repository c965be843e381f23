import type * as Protobuf from "protobufjs";
import {
  fieldTypes,
  type EnumDescriptor,
  type FieldDescriptor,
  type HttpRule,
  type MessageDescriptor,
  type MethodDescriptor,
  type ServiceDescriptor,
} from "./descriptor-messages.js";

const labels = { optional: 1, required: 2, repeated: 3 } as const;

/** The descriptor of a message whose fields are resolved. */
export function describeMessage(type: Protobuf.Type): MessageDescriptor {
  const oneofs = orderedOneofs(type);
  const entries: MessageDescriptor[] = [];
  // Extensions are fields of no JSON.
  const fields = type.fieldsArray.filter(({ declaringField }) => !declaringField);
  const field = fields.map((own): FieldDescriptor => {
    const described = describeField(own);
    if (isMap(own)) {
      const entry = describeEntry(own);
      entries.push(entry);
      return { ...described, type: fieldTypes.message, typeName: `${type.fullName}.${entry.name}` };
    }
    if (own.partOf === null) return described;
    const isOptional = isSynthetic(own.partOf);
    const oneofIndex = oneofs.indexOf(own.partOf);
    return { ...described, oneofIndex, ...(isOptional && { proto3Optional: true }) };
  });
  return {
    name: type.name,
    field,
    nestedType: [...type.nestedArray.filter(isType).map(describeMessage), ...entries],
    enumType: type.nestedArray.filter(isEnum).map(describeEnum),
    oneofDecl: oneofs.map(({ name }) => ({ name })),
  };
}

/** The descriptor of an enum. */
export function describeEnum({ name, values, options }: Protobuf.Enum): EnumDescriptor {
  return {
    name,
    value: Object.entries(values).map(([value, number]) => ({ name: value, number })),
    ...(options?.["allow_alias"] === true && { options: { allowAlias: true } }),
  };
}

/** The descriptor of a service whose types are resolved. */
export function describeService({ name, methodsArray }: Protobuf.Service): ServiceDescriptor {
  return { name, method: methodsArray.map(describeMethod) };
}

function describeMethod(method: Protobuf.Method): MethodDescriptor {
  const http = httpRuleOf(method);
  return {
    name: method.name,
    inputType: method.resolvedRequestType?.fullName ?? method.requestType,
    outputType: method.resolvedResponseType?.fullName ?? method.responseType,
    ...(method.requestStream === true && { clientStreaming: true }),
    ...(method.responseStream === true && { serverStreaming: true }),
    ...(http && { options: { http } }),
  };
}

/** The annotation `google.api.http`, whose fields .proto files spell with `_`. */
function httpRuleOf({ parsedOptions }: Protobuf.Method): HttpRule | undefined {
  // One object for each statement, as the parser read it; one may set a field of the annotation only.
  const options = (parsedOptions ?? []) as readonly Readonly<Record<string, unknown>>[];
  const parts = options.flatMap((option) => Object.entries(option["(google.api.http)"] ?? {}));
  return parts.length === 0 ? undefined : readRule(Object.fromEntries(parts));
}

function readRule(written: Readonly<Record<string, unknown>>): HttpRule {
  const { response_body, additional_bindings, selector: _selector, ...rest } = written;
  const bindings = [additional_bindings ?? []].flat() as Readonly<Record<string, unknown>>[];
  return {
    ...rest,
    ...(response_body !== undefined && { responseBody: String(response_body) }),
    ...(bindings.length > 0 && { additionalBindings: bindings.map(readRule) }),
  };
}

function describeField(field: Protobuf.Field): FieldDescriptor {
  const { id: number, options, resolvedType } = field;
  const name = field.protoName ?? field.name;
  const isPacked = options?.["packed"];
  const defaultValue = options?.["default"];
  return {
    name,
    number,
    label:
      field.repeated || isMap(field)
        ? labels.repeated
        : field.required
          ? labels.required
          : labels.optional,
    ...typeOf(field.type, resolvedType),
    ...(typeof options?.["json_name"] === "string" && { jsonName: options["json_name"] }),
    ...(defaultValue !== undefined && { defaultValue: String(defaultValue) }),
    ...(typeof isPacked === "boolean" && { options: { packed: isPacked } }),
  };
}

/** The message that stands for an entry of a map. */
function describeEntry(field: Protobuf.MapField): MessageDescriptor {
  const plain = { label: labels.optional };
  return {
    name: `${camelCase(field.protoName ?? field.name)}Entry`,
    field: [
      { name: "key", number: 1, ...plain, ...typeOf(field.keyType, null) },
      { name: "value", number: 2, ...plain, ...typeOf(field.type, field.resolvedType) },
    ],
    options: { mapEntry: true },
  };
}

function typeOf(
  name: string,
  resolved: Protobuf.Type | Protobuf.Enum | null,
): Pick<FieldDescriptor, "type" | "typeName"> {
  if (resolved === null) return { type: fieldTypes[name as keyof typeof fieldTypes] };
  const type = isType(resolved) ? fieldTypes.message : fieldTypes.enum;
  return { type, typeName: resolved.fullName };
}

/** As protoc names the entries of maps: `by_name` becomes `ByName`. */
function camelCase(name: string): string {
  return name.replace(/(?:^|_)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Those that stand for `optional` come last, as protobuf demands. */
function orderedOneofs({ oneofsArray }: Protobuf.Type): readonly Protobuf.OneOf[] {
  const isReal = (oneof: Protobuf.OneOf): boolean => !isSynthetic(oneof);
  return [...oneofsArray.filter(isReal), ...oneofsArray.filter(isSynthetic)];
}

function isSynthetic({ fieldsArray }: Protobuf.OneOf): boolean {
  return fieldsArray.length === 1 && fieldsArray[0]?.options?.["proto3_optional"] === true;
}

function isMap(field: Protobuf.Field): field is Protobuf.Field & Protobuf.MapField {
  return field.map;
}

/** Told apart by what each alone has, for the parser has classes of its own. */
export function isType(object: Protobuf.ReflectionObject): object is Protobuf.Type {
  return "fields" in object;
}

/** As {@link isType}. */
export function isEnum(object: Protobuf.ReflectionObject): object is Protobuf.Enum {
  return "values" in object;
}

/** As {@link isType}. */
export function isService(object: Protobuf.ReflectionObject): object is Protobuf.Service {
  return "methods" in object;
}
