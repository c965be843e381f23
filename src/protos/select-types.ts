import type {
  EnumDescriptor,
  FieldDescriptor,
  FileDescriptor,
  MessageDescriptor,
  MethodDescriptor,
} from "./descriptor-messages.js";
import { ProtoError } from "./proto-error.js";
import type { ProtoService, ProtoSet } from "./proto-set.js";

/** A service, and those of its methods that are wanted, as they are to be. */
export interface WantedService {
  readonly service: ProtoService;
  readonly methods: readonly MethodDescriptor[];
}

/**
 * The files of a set with nothing in them but the wanted methods and the types that these need, and
 * without what Envoy does not look at. Types that no method of the set has anything to do with are kept
 * too: they are what services put into the details of a status. Throws `ProtoError` if a type is not in
 * the set.
 */
export function selectTypes(
  name: string,
  set: ProtoSet,
  wanted: readonly WantedService[],
): readonly FileDescriptor[] {
  const types = typesOf(set);
  const all = reach(typesOfMethods(set.services.flatMap(({ methods }) => methods)), types, false);
  const details = [...types].filter(([type, declared]) => {
    return type.startsWith(".google.rpc.") || (!isBundled(type) && !all.needed.has(declared));
  });
  const { needed, missing } = reach(
    [...typesOfMethods(wanted.flatMap(({ methods }) => methods)), ...details.map(([type]) => type)],
    types,
    true,
  );
  if (missing !== undefined) throw new ProtoError(name, missingType(missing));
  return inOrder(
    name,
    set.files.flatMap((file) => selectFile(file, types, needed, wanted)),
  );
}

function typesOfMethods(methods: readonly MethodDescriptor[]): readonly string[] {
  return methods.flatMap(({ inputType, outputType }) => [inputType, outputType]);
}

function isBundled(type: string): boolean {
  return type.startsWith(".google.protobuf.");
}

/** What some types lead to, and the first one that is not there. */
function reach(
  roots: readonly string[],
  types: ReadonlyMap<string, Declared>,
  opensAny: boolean,
): { readonly needed: ReadonlySet<Declared>; readonly missing: string | undefined } {
  const needed = new Set<Declared>();
  const pending = [...roots];
  let missing: string | undefined;
  // An Any may hold any message of the set, and opens it once.
  let isClosed = opensAny;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const declared = types.get(next);
    if (declared === undefined) missing ??= next;
    if (declared === undefined || needed.has(declared)) continue;
    needed.add(declared);
    pending.push(...declared.refersTo);
    if (next !== ".google.protobuf.Any" || !isClosed) continue;
    isClosed = false;
    pending.push(...types.keys());
  }
  return { needed, missing };
}

/** Each file after those that it depends on, as Envoy has to read them. */
function inOrder(name: string, files: readonly FileDescriptor[]): readonly FileDescriptor[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptor>();
  const open = new Set<FileDescriptor>();
  const add = (file: FileDescriptor): void => {
    if (ordered.has(file)) return;
    if (open.has(file)) throw new ProtoError(name, `"${file.name}" imports itself`);
    open.add(file);
    for (const dependency of file.dependency ?? []) {
      const other = byName.get(dependency);
      if (other !== undefined) add(other);
    }
    ordered.add(file);
  };
  for (const file of files) add(file);
  return [...ordered];
}

function missingType(type: string): string {
  return `it lacks the type ${type.slice(1)}; write it with --include_imports`;
}

/** A message or enum that stands in a package. */
interface Declared {
  readonly file: FileDescriptor;
  readonly type: MessageDescriptor | EnumDescriptor;
  /** Whole names of types, its own and those nested in it included. */
  readonly refersTo: readonly string[];
}

/** By the whole name of the type, or of one nested in it. */
function typesOf({ files }: ProtoSet): ReadonlyMap<string, Declared> {
  const types = new Map<string, Declared>();
  for (const file of files) {
    const prefix = file.package === undefined || file.package === "" ? "" : `.${file.package}`;
    for (const type of file.enumType ?? []) {
      types.set(`${prefix}.${type.name}`, { file, type, refersTo: [] });
    }
    for (const type of file.messageType ?? []) {
      const declared = {
        file,
        type,
        refersTo: fieldsOf(type).flatMap(({ typeName }) => typeName ?? []),
      };
      for (const nested of namesIn(type, prefix)) types.set(nested, declared);
    }
  }
  return types;
}

function fieldsOf({ field = [], nestedType = [] }: MessageDescriptor): readonly FieldDescriptor[] {
  return [...field, ...nestedType.flatMap(fieldsOf)];
}

function namesIn(
  { name, nestedType = [], enumType = [] }: MessageDescriptor,
  prefix: string,
): readonly string[] {
  const own = `${prefix}.${name}`;
  return [
    own,
    ...enumType.map((nested) => `${own}.${nested.name}`),
    ...nestedType.flatMap((nested) => namesIn(nested, own)),
  ];
}

function selectFile(
  file: FileDescriptor,
  types: ReadonlyMap<string, Declared>,
  needed: ReadonlySet<Declared>,
  wanted: readonly WantedService[],
): readonly FileDescriptor[] {
  const own = new Set([...needed].filter((one) => one.file === file));
  const ownTypes = new Set([...own].map(({ type }) => type));
  const isOwn = (type: MessageDescriptor | EnumDescriptor): boolean => ownTypes.has(type);
  const service = wanted
    .filter(({ service: { fullName, name } }) =>
      file.service?.some((one) => one.name === name && fullNameIn(file, name) === fullName),
    )
    .map(({ service: { name }, methods }) => ({ name, method: methods }));
  if (own.size === 0 && service.length === 0) return [];
  const refersTo = [
    ...[...own].flatMap((one) => one.refersTo),
    ...service.flatMap(({ method }) => method.flatMap((one) => [one.inputType, one.outputType])),
  ];
  const dependency = new Set(refersTo.flatMap((type) => types.get(type)?.file.name ?? []));
  dependency.delete(file.name);
  return [
    {
      name: file.name,
      ...(file.package !== undefined && { package: file.package }),
      dependency: [...dependency].sort(),
      messageType: (file.messageType ?? []).filter(isOwn),
      enumType: (file.enumType ?? []).filter(isOwn),
      service,
      ...(file.syntax !== undefined && { syntax: file.syntax }),
      ...(file.edition !== undefined && { edition: file.edition }),
      ...(file.edition !== undefined && file.options && { options: file.options }),
    },
  ];
}

function fullNameIn({ package: packageName = "" }: FileDescriptor, name: string): string {
  return packageName === "" ? name : `${packageName}.${name}`;
}
