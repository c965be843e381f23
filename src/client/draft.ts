import type { FileChange, FileChanges } from "../authoring/apply-changes.js";
import { requireSafePath } from "../authoring/apply-changes.js";
import { ConflictError } from "../authoring/authoring-error.js";
import {
  addObject,
  removeObject,
  renderObject,
  replaceObject,
  type EditedFile,
} from "../edit/edit-file.js";
import { EditError } from "../edit/edit-error.js";
import { readFileContent, scopeOfPath, type FileObject } from "../edit/file-objects.js";
import { mergeObject } from "../edit/merge-object.js";
import type { ViewObject } from "../edit/object-view.js";
import type { JsonObject } from "../lib/json.js";
import type { Attribute } from "../model/attribute.js";
import type { Kind, ResourceRef } from "../model/resource.js";
import type { Role } from "../model/role.js";
import type { Upstream } from "../model/upstream.js";
import type { VirtualService } from "../model/virtual-service.js";
import { oidOf } from "../source/objects/git-object.js";
import { AlreadyExistsError, ClientError, NotFoundError } from "./client-error.js";
import type { ConfigView } from "./config-view.js";
import { folderOf, labelOf } from "./stored.js";

/** An object as it is to be written, in canonical form or any other that the language has. */
export type WrittenObject = JsonObject | Upstream | VirtualService | Role | Attribute;

/** One write of a client. Paths are from the folder that holds the config. */
export type Write =
  | {
      readonly op: "create";
      readonly kind: Kind;
      readonly value: WrittenObject;
      /** Default: `<kind's folder>/<name>.yaml`. A file that exists gets a document more. */
      readonly path?: string | undefined;
    }
  | {
      readonly op: "update";
      readonly kind: Kind;
      readonly value: WrittenObject;
      readonly resourceVersion?: string | undefined;
    }
  | {
      readonly op: "update-text";
      readonly kind: Kind;
      readonly name: string;
      readonly text: string;
      readonly resourceVersion?: string | undefined;
    }
  | {
      readonly op: "delete";
      readonly kind: Kind;
      readonly name: string;
      readonly resourceVersion?: string | undefined;
    }
  | {
      readonly op: "create-file" | "update-file";
      readonly folder: "files" | "secrets";
      readonly name: string;
      readonly bytes: Uint8Array;
      readonly resourceVersion?: string | undefined;
    }
  | {
      readonly op: "delete-file";
      readonly folder: "files" | "secrets";
      readonly name: string;
      readonly resourceVersion?: string | undefined;
    };

/** What a draft is made on. */
export interface DraftOptions {
  readonly view: ConfigView;
  readonly viewObject: ViewObject;
  readonly basePath: string;
}

/** Gives the changes of files that writes come to, one after the other. Throws if one is not possible. */
export function draftWrites(writes: readonly Write[], options: DraftOptions): FileChanges {
  const draft = createDraft(options);
  for (const write of writes) draft.apply(write);
  return draft.changes();
}

interface Found {
  readonly file: EditedFile;
  readonly oid: string;
  readonly object: FileObject;
}

function createDraft({ view, viewObject, basePath }: DraftOptions) {
  /** Files as the writes so far have left them; undefined: gone. */
  const changed = new Map<string, Uint8Array | undefined>();
  const commit = view.tree.commit.oid;

  function bytesOf(path: string): Uint8Array | undefined {
    return changed.has(path) ? changed.get(path) : view.file(path)?.bytes;
  }

  function editedFile(path: string, bytes: Uint8Array): EditedFile {
    return { path, bytes, scope: scopeOfPath(path, basePath) };
  }

  function objectIn(path: string, { kind, name }: ResourceRef): Found | undefined {
    const bytes = bytesOf(path);
    if (bytes === undefined) return undefined;
    const file = editedFile(path, bytes);
    const object = readFileContent(path, bytes, file.scope).objects.find(
      (candidate) => candidate.kind === kind && candidate.name === name,
    );
    return object && { file, object, oid: oidOf("blob", bytes) };
  }

  function find(ref: ResourceRef): Found | undefined {
    const stored = view.objects(ref.kind).get(ref.name);
    const paths = [...changed.keys(), ...(stored === undefined ? [] : [stored.location.file])];
    for (const path of new Set(paths)) {
      if (!isConfigFile(path)) continue;
      const found = objectIn(path, ref);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function require(ref: ResourceRef, resourceVersion: string | undefined): Found {
    const found = find(ref);
    if (found === undefined) throw new NotFoundError(labelOf(ref));
    const stored = view.objects(ref.kind).get(ref.name);
    // Of a file that this draft has changed, the version on the branch counts.
    const version = changed.has(found.file.path) ? stored?.resourceVersion : found.oid;
    if (resourceVersion !== undefined && resourceVersion !== version) {
      throw new ConflictError(found.file.path, commit || undefined);
    }
    return found;
  }

  function create(kind: Kind, value: JsonObject, wantedPath: string | undefined): void {
    const ref = { kind, name: nameOf(value) };
    const existing = find(ref);
    if (existing !== undefined) throw new AlreadyExistsError(labelOf(ref), existing.file.path);
    const path = inBase(wantedPath ?? `${folderOf[kind]}/${ref.name}.yaml`);
    requireConfigPath(path);
    const written = scopeOfPath(path, basePath) === kind ? value : { kind, ...value };
    const bytes = bytesOf(path);
    const isJson = path.endsWith(".json");
    if (bytes !== undefined) changed.set(path, addObject(editedFile(path, bytes), written));
    else if (isJson) changed.set(path, Buffer.from(`${JSON.stringify(written, undefined, 2)}\n`));
    else changed.set(path, Buffer.from(renderObject(written)));
  }

  function update(kind: Kind, value: JsonObject, resourceVersion: string | undefined): void {
    const ref = { kind, name: nameOf(value) };
    const { file, object } = require(ref, resourceVersion);
    const written = viewObject(object);
    if (written === undefined) throw new EditError(`${file.path}: the object's form is broken`);
    const stored = view.objects(kind).get(ref.name);
    const before = changed.has(file.path) ? written.value : (stored?.value ?? written.value);
    const after = mergeObject(object.value, written, before, value);
    changed.set(file.path, replaceObject(file, object, after));
  }

  function updateText(ref: ResourceRef, text: string, resourceVersion: string | undefined): void {
    const { file, object } = require(ref, resourceVersion);
    const bytes = Buffer.from(text, "utf8");
    const isAlone = readFileContent(file.path, file.bytes, file.scope).objects.length === 1;
    // Read as a file in the folder of its kind, where an object needs no kind of its own.
    const path = isAlone ? file.path : `${folderOf[ref.kind]}/edited.yaml`;
    const scope = isAlone ? file.scope : ref.kind;
    const { objects } = readFileContent(path, bytes, scope);
    const [made] = objects;
    if (made === undefined || objects.length !== 1 || made.kind !== ref.kind) {
      throw new EditError(`the text is not that of one ${ref.kind}`);
    }
    if (made.name !== ref.name) {
      throw new EditError(
        `the text renames ${labelOf(ref)}; create the new one and delete the old`,
      );
    }
    changed.set(file.path, isAlone ? bytes : replaceObject(file, object, made.value));
  }

  function writeFile(write: Extract<Write, { readonly folder: string }>): void {
    const known = view.files(write.folder).get(write.name);
    const path = known?.path ?? inBase(`${write.folder}/${write.name}`);
    requireSafePath(path);
    const exists = bytesOf(path) !== undefined;
    const what = `file "${write.name}" in ${write.folder}`;
    if (write.op === "create-file" && exists) throw new AlreadyExistsError(what, path);
    if (write.op !== "create-file" && !exists) throw new NotFoundError(what);
    const { resourceVersion } = write;
    if (resourceVersion !== undefined && resourceVersion !== known?.resourceVersion) {
      throw new ConflictError(path, commit || undefined);
    }
    changed.set(path, write.op === "delete-file" ? undefined : write.bytes);
  }

  const inBase = (path: string): string => (basePath === "" ? path : `${basePath}/${path}`);

  function requireConfigPath(path: string): void {
    requireSafePath(path);
    const scope = scopeOfPath(path, basePath);
    const isRead = scope !== "none" && scope !== "files" && scope !== "secrets";
    if (isRead && isConfigFile(path)) return;
    throw new ClientError(
      "client/bad-name",
      `config is not read from ${path}; give a path such as upstreams/petstore.yaml`,
    );
  }

  return {
    apply(write: Write): void {
      switch (write.op) {
        case "create":
          return create(write.kind, plainOf(write.value), write.path);
        case "update":
          return update(write.kind, plainOf(write.value), write.resourceVersion);
        case "update-text":
          return updateText(write, write.text, write.resourceVersion);
        case "delete": {
          const { file, object } = require(write, write.resourceVersion);
          changed.set(file.path, removeObject(file, object));
          return;
        }
        case "create-file":
        case "update-file":
        case "delete-file":
          return writeFile(write);
      }
    },
    changes(): FileChanges {
      return new Map(
        [...changed].map(([path, bytes]): [string, FileChange] => [
          path,
          bytes === undefined ? { kind: "delete" } : { kind: "write", bytes },
        ]),
      );
    },
  };
}

/** A copy without what JSON does not have, such as keys that are undefined. */
function plainOf(value: WrittenObject): JsonObject {
  // What JSON makes of an object is an object.
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

function isConfigFile(path: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(path);
}

/** The name of an object that is to be written. What the product would not take as one is refused here. */
function nameOf(value: JsonObject): string {
  const { name } = value;
  if (typeof name === "string" && /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/.test(name))
    return name;
  throw new ClientError(
    "client/bad-name",
    `${JSON.stringify(name ?? null)} is no name of an object: lower-case letters, digits, "-" and "." are`,
  );
}
