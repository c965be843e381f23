// For those who build snapshots in code of their own.
export {
  createPipeline,
  type Build,
  type Pipeline,
  type PipelineInputs,
  type PipelineOptions,
} from "./pipeline.js";
export { builtinPlugins } from "./plugins/index.js";
export { createPluginSet, type PluginSet } from "./translate/plugin-set.js";
export { defaultTranslationSettings, type TranslationSettings } from "./translate/translate.js";
export { readWorkTree, type WorkTreeOptions } from "./source/work-tree.js";
export type {
  CommitInfo,
  Signature,
  SourceEntry,
  SourceFile,
  SourceFolder,
  SourceRefusal,
  SourceSkipped,
  SourceTree,
} from "./source/source-tree.js";
export { Secret, type Secrets } from "./model/secret.js";
export type { Endpoint, EndpointsByUpstream } from "./model/endpoints.js";
export type { ParseLimits } from "./parse/limits.js";

// What comes of it.
export {
  hasErrors,
  type Diagnostic,
  type Outcome,
  type RelatedLocation,
  type Severity,
} from "./diagnostics/diagnostic.js";
export type { DiagnosticCode } from "./diagnostics/catalog.js";
export { formatDiagnosticsText, type TextStyle } from "./diagnostics/format-text.js";
export type { JsonPointer, Origin, SourceLocation } from "./model/location.js";
export type { Config, Kind, Located, ResourceRef } from "./model/resource.js";
export type { Upstream } from "./model/upstream.js";
export type { VirtualService } from "./model/virtual-service.js";
export type { Role } from "./model/role.js";
export type { Attribute } from "./model/attribute.js";
export type { RoleTranslation, RouteTable, Translation } from "./translate/translation.js";
export type { ResourceSet, RoleSnapshot, Snapshot, XdsResource } from "./snapshot/snapshot.js";
export { diffSnapshots, type ResourceChange } from "./snapshot/diff.js";
