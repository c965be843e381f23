import { compileProto, type ReadFile } from "./compile-proto.js";
import {
  decodeDescriptorSet,
  type FileDescriptor,
  type MethodDescriptor,
  type ServiceDescriptor,
} from "./descriptor-messages.js";
import { ProtoError } from "./proto-error.js";

/** The services that a file describes, with all types that their methods need. */
export interface ProtoSet {
  readonly files: readonly FileDescriptor[];
  /** In the order of files, and of places in them. */
  readonly services: readonly ProtoService[];
}

/** A service. */
export interface ProtoService {
  readonly name: string;
  /** With its package: `bookstore.v1.Bookstore`. */
  readonly fullName: string;
  readonly methods: readonly MethodDescriptor[];
}

/**
 * Reads the file `name`: source if it ends with `.proto`, else a serialised `FileDescriptorSet`. Throws
 * `ProtoError`; one about a file that is not there has that file's name.
 */
export function readProtoSet(name: string, read: ReadFile): ProtoSet {
  const files = /\.proto$/i.test(name) ? compileProto(name, read) : readDescriptorSet(name, read);
  return { files, services: files.flatMap(servicesOf) };
}

function readDescriptorSet(name: string, read: ReadFile): readonly FileDescriptor[] {
  const problem = "it is neither a .proto file nor a descriptor set as protoc writes it";
  let files: readonly FileDescriptor[];
  try {
    files = decodeDescriptorSet(read(name) ?? new Uint8Array());
  } catch {
    // What is wrong in the bytes helps nobody: they were made by another tool.
    throw new ProtoError(name, problem);
  }
  // Other bytes may be a message too, but hardly one with named files.
  const isSet = files.length > 0 && files.every((file) => (file.name ?? "") !== "");
  if (!isSet) throw new ProtoError(name, problem);
  return files;
}

function servicesOf({
  package: packageName = "",
  service = [],
}: FileDescriptor): readonly ProtoService[] {
  return service.map(({ name, method = [] }: ServiceDescriptor) => ({
    name,
    fullName: packageName === "" ? name : `${packageName}.${name}`,
    methods: method,
  }));
}
