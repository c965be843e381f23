// For programs that read and write config in Git.
export { createClient, type Client, type ClientOptions } from "./client/create-client.js";
export type { FileEdit, WriteOptions, WriteResult } from "./client/client-core.js";
export type {
  Collection,
  CreateOptions,
  ObjectText,
  ReadOptions,
  VersionedWriteOptions,
} from "./client/collection.js";
export type { FileCollection } from "./client/file-collection.js";
export type { SecretCollection } from "./client/secret-collection.js";
export type { WatchOptions } from "./client/watch.js";
export type { Write } from "./client/draft.js";

// What they read.
export type {
  Change,
  SecretReference,
  SecretUseSite,
  Stored,
  StoredFile,
} from "./client/stored.js";
export type { Attribute } from "./model/attribute.js";
export type { Role } from "./model/role.js";
export type { Upstream } from "./model/upstream.js";
export type { VirtualService } from "./model/virtual-service.js";
export type { SourceLocation } from "./model/location.js";
export type { Kind, ResourceRef } from "./model/resource.js";

// Who writes, and how a repository is reached.
export type { Identity } from "./authoring/encode-commit.js";
export type { SigningKey } from "./authoring/sign-commit.js";
export { createCredentialsProvider, type CredentialsProvider } from "./source/credentials.js";

// What is in the way.
export {
  AlreadyExistsError,
  ClientError,
  InvalidError,
  NotFoundError,
  type ClientErrorCode,
} from "./client/client-error.js";
export {
  AuthoringError,
  ConflictError,
  PushRejectedError,
  type AuthoringErrorCode,
} from "./authoring/authoring-error.js";
export { EditError } from "./edit/edit-error.js";
export { SourceError, type SourceErrorCode } from "./source/source-error.js";
export type { Diagnostic } from "./diagnostics/diagnostic.js";
