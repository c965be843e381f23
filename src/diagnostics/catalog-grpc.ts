import type { CatalogEntry } from "./catalog-entry.js";

const meant = ({ near }: { near?: string }): string =>
  near === undefined ? "" : `; did you mean "${near}"?`;

const properties = `service_info:
  type: gRPC
  properties:`;

/** The diagnostics of functions of service type `gRPC`. */
export const grpcCatalog = {
  "grpc/missing-file": {
    severity: "error",
    message: (p: { file: string; near?: string }) => `there is no file "${p.file}"${meant(p)}`,
    hint: () => "give the path below a folder named files, which has to be in the repository",
    explain:
      "A gRPC upstream names the file that describes its services: a `.proto` file or a descriptor set, by its path below a folder `files`.",
    example: `${properties}
    service_names: [Bookstore]
    descriptors_file_ref: files/bookstore.proto # leave out "files/"`,
  },
  "grpc/invalid-file": {
    severity: "error",
    message: (p: { file: string; problem: string; line?: number }) =>
      `"${p.file}"${p.line === undefined ? "" : `, line ${p.line}`}: ${p.problem}`,
    explain:
      "The file that describes the services, or one that it imports, cannot be read. Imports are looked for below the folders that the file lies in, from `files` downwards; `google/protobuf/…` and the annotations of `google/api` need not be there.",
    example: `# files/bookstore.proto
syntax = "proto3";
import "shelves.proto"; // which is not in files/`,
    cure: "Mend the file that the message names. A descriptor set comes from `protoc --include_imports --descriptor_set_out=FILE`.",
  },
  "grpc/unknown-service": {
    severity: "error",
    message: (p: { service: string; file: string; near?: string; known?: string }) =>
      `"${p.file}" has no service "${p.service}"${meant(p)}`,
    hint: (p: { service: string; file: string; near?: string; known?: string }) =>
      p.known === undefined ? "it describes no services" : `it describes ${p.known}`,
    explain: "`service_names` names a service that the file does not describe.",
    example: `${properties}
    service_names: [Bookstor]
    descriptors_file_ref: bookstore.proto`,
  },
  "grpc/unknown-method": {
    severity: "error",
    message: (p: { name: string; upstream: string; near?: string }) =>
      `upstream "${p.upstream}" has no method "${p.name}"${meant(p)}`,
    hint: () => "a function of a gRPC upstream is Service.Method, or Method if only one has it",
    explain:
      "A route, or the list of functions of the upstream itself, names a method that none of its services has.",
    example: `single_destination:
  function: { upstream_name: bookstore, function_name: Bookstore.GetSelf }`,
  },
  "grpc/ambiguous-method": {
    severity: "error",
    message: (p: { name: string; methods: string }) => `"${p.name}" may be ${p.methods}`,
    hint: () => "write the service in front of the method",
    explain: "Several services of the upstream have a method of that name.",
    example: `single_destination:
  function: { upstream_name: bookstore, function_name: Get }`,
  },
  "grpc/client-streaming": {
    severity: "error",
    message: (p: { method: string }) =>
      `"${p.method}" takes a stream of messages, which one request with JSON is not`,
    hint: () => "call it by gRPC, through a route to the upstream itself",
    explain:
      "Functions are methods that take one message and answer with one or with a stream. Methods that take a stream are reached by clients that speak gRPC.",
    example: `# rpc Upload(stream Chunk) returns (Receipt);
single_destination:
  function: { upstream_name: files, function_name: Files.Upload }`,
  },
  "grpc/invalid-http-rule": {
    severity: "error",
    message: (p: { method: string; problem: string }) =>
      `the annotation google.api.http of "${p.method}" cannot be used: ${p.problem}`,
    explain:
      "The annotations in the file say which requests call which methods. Envoy refuses a path that is no path template, or one that names a field that the message does not have.",
    example: `rpc GetShelf(GetShelfRequest) returns (Shelf) {
  option (google.api.http) = { get: "/shelves/{shelv}" };
}`,
    cure: "Mend the annotation that the message names, or remove it.",
  },
  "grpc/unknown-parameter": {
    severity: "error",
    message: (p: { parameter: string; message: string; near?: string }) =>
      `${p.message} has no field "${p.parameter}"${meant(p)}`,
    hint: () => "name the parameter after the field that it is for; a.b is field b of field a",
    explain:
      "The parameters of a route to a gRPC function are put into the fields of the method's message that have their names.",
    example: `extensions:
  parameters:
    path: /shelves/{id} # the field is called "shelf"`,
  },
  "grpc/path-rewritten": {
    severity: "error",
    message: (p: { name: string }) =>
      `prefix_rewrite would change the path by which "${p.name}" is called`,
    hint: () => "leave out prefix_rewrite",
    explain:
      "A method is called by a path of its own, which Envoy would rewrite after it has been made.",
    example: `prefix_rewrite: /
single_destination:
  function: { upstream_name: bookstore, function_name: Bookstore.GetShelf }`,
  },
} as const satisfies Record<string, CatalogEntry>;
