import { oidOf } from "../source/objects/git-object.js";
import { lazy } from "../lib/lazy.js";
import type { JsonObject } from "../lib/json.js";
import {
  kinds,
  type Config,
  type Kind,
  type Located,
  type ResourceRef,
} from "../model/resource.js";
import type { Secrets } from "../model/secret.js";
import type { Documents, RawObject } from "../parse/documents.js";
import { createParser } from "../parse/parse-tree.js";
import type { SourceFile, SourceFolder, SourceTree } from "../source/source-tree.js";
import type { PluginSet } from "../translate/plugin-set.js";
import { createValidator } from "../validate/validate.js";
import { createObjectViews } from "../edit/object-view.js";
import { NotFoundError } from "./client-error.js";
import {
  labelOf,
  type SecretReference,
  type SecretUseSite,
  type Stored,
  type StoredFile,
} from "./stored.js";

/** A config as it is in one commit. */
export interface ConfigView {
  readonly tree: SourceTree;
  /** Objects of a kind, by name, in the order of names. Of two with one name, the first. */
  objects(kind: Kind): ReadonlyMap<string, Stored<JsonObject>>;
  /** Files below folders of this name, by their paths below those. */
  files(folder: "files" | "secrets"): ReadonlyMap<string, StoredFile>;
  secrets(): ReadonlyMap<string, SecretReference>;
  /** A file by its path from the root of the repository. */
  file(path: string): SourceFile | undefined;
  require(ref: ResourceRef): Stored<JsonObject>;
}

/** Reads configs. What did not change since the last one is not read again. */
export function createConfigReader(plugins: PluginSet): (tree: SourceTree) => ConfigView {
  const parser = createParser();
  const validator = createValidator(plugins);
  const viewObject = createObjectViews(plugins);
  return (tree) => {
    const documents = lazy(() => parser.parseTree(tree).value);
    const config = lazy(() => validator.validate(documents(), noSecrets).value);
    const entries = lazy(() => filesIn(tree.root));
    const byKind = new Map<Kind, ReadonlyMap<string, Stored<JsonObject>>>();

    function readKind(kind: Kind): ReadonlyMap<string, Stored<JsonObject>> {
      const sound = soundObjects(config(), kind);
      const found = new Map<string, Stored<JsonObject>>();
      for (const raw of documents().objects) {
        if (raw.kind !== kind) continue;
        const view = viewObject(raw);
        const name = view?.value["name"];
        if (view === undefined || typeof name !== "string" || found.has(name)) continue;
        const located = sound.get(name);
        found.set(name, {
          kind,
          name,
          value: located?.value ?? view.value,
          isSound: located !== undefined,
          resourceVersion: entries().get(raw.origin.file)?.oid ?? "",
          commit: tree.commit.oid,
          location: raw.origin.locate(""),
        });
      }
      return sortedMap(found);
    }

    const view: ConfigView = {
      tree,
      objects(kind) {
        let objects = byKind.get(kind);
        if (objects === undefined) byKind.set(kind, (objects = readKind(kind)));
        return objects;
      },
      files: (folder) => sortedMap(filesBelow(entries(), folder, tree)),
      secrets: () => secretsOf(documents(), viewObject, tree),
      file: (path) => entries().get(path),
      require(ref) {
        const found = view.objects(ref.kind).get(ref.name);
        if (found === undefined) throw new NotFoundError(labelOf(ref));
        return found;
      },
    };
    return view;
  };
}

/** Nobody looks for secrets here, and none is missed: only sound objects are of interest. */
const noSecrets: Secrets = new Map();

function soundObjects(config: Config, kind: Kind): ReadonlyMap<string, Located<JsonObject>> {
  const maps = {
    Upstream: config.upstreams,
    VirtualService: config.virtualServices,
    Role: config.roles,
    Attribute: config.attributes,
  };
  // Every object of the language is JSON.
  return maps[kind] as unknown as ReadonlyMap<string, Located<JsonObject>>;
}

function filesIn(root: SourceFolder): ReadonlyMap<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  const walk = (folder: SourceFolder): void => {
    for (const entry of folder.entries) {
      if (entry.kind === "folder") walk(entry);
      else if (entry.kind === "file") files.set(entry.path, entry);
    }
  };
  walk(root);
  return files;
}

function filesBelow(
  files: ReadonlyMap<string, SourceFile>,
  folder: string,
  { root, commit }: SourceTree,
): ReadonlyMap<string, StoredFile> {
  const found = new Map<string, StoredFile>();
  for (const { path, bytes, oid } of files.values()) {
    const parts = path.slice(root.path === "" ? 0 : root.path.length + 1).split("/");
    const at = parts.slice(0, -1).indexOf(folder);
    if (at < 0) continue;
    const name = parts.slice(at + 1).join("/");
    if (found.has(name)) continue;
    found.set(name, { name, path, bytes, resourceVersion: oid, commit: commit.oid });
  }
  return found;
}

function secretsOf(
  { objects }: Documents,
  viewObject: ReturnType<typeof createObjectViews>,
  { commit }: SourceTree,
): ReadonlyMap<string, SecretReference> {
  const uses = new Map<string, SecretUseSite[]>();
  for (const raw of [...objects].sort(byKindAndFile)) {
    const view = viewObject(raw);
    const name = view?.value["name"];
    if (view === undefined || typeof name !== "string") continue;
    for (const { ref, use, pointer } of view.secretUses()) {
      const sites = uses.get(ref) ?? [];
      uses.set(ref, [...sites, { kind: raw.kind, name, pointer, use }]);
    }
  }
  const references = [...uses].map(([name, usedBy]): [string, SecretReference] => {
    const resourceVersion = oidOf("blob", Buffer.from(JSON.stringify(usedBy)));
    return [name, { name, usedBy, commit: commit.oid, resourceVersion }];
  });
  return sortedMap(new Map(references));
}

function byKindAndFile(a: RawObject, b: RawObject): number {
  return kinds.indexOf(a.kind) - kinds.indexOf(b.kind);
}

function sortedMap<T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
