import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { folderOf } from "../../client/stored.js";
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json.js";
import type { Kind } from "../../model/resource.js";
import type { RawObject } from "../../parse/documents.js";
import type { SourceFile, SourceFolder, SourceTree } from "../../source/source-tree.js";
import type { Io } from "../io.js";
import { objectKinds } from "./object-kinds.js";
import { Refusal } from "./refusal.js";

/** An object that a person gives. */
export interface GivenObject {
  readonly kind: Kind;
  readonly name: string;
  /** As it was given, without what the repository does not keep: status, version. */
  readonly plain: JsonObject;
  /** In canonical form. */
  readonly value: JsonObject;
  /** What it says of the version that it is made from. */
  readonly resourceVersion: string | undefined;
  /** `pets.yaml:3` */
  readonly place: string;
}

/** A text and what it is called in messages. */
export interface GivenText {
  readonly shown: string;
  readonly bytes: Uint8Array;
}

/** Reads a file, or for `-` all that comes in. */
export async function readGivenText(file: string, io: Io): Promise<GivenText> {
  if (file === "-") return { shown: "stdin", bytes: await io.stdin() };
  return { shown: file, bytes: await readFile(resolve(io.cwd, file)) };
}

/**
 * Reads the objects of a text: YAML of any number of documents or JSON, lists, the combined form, the
 * Kubernetes form, in both dialects. With `kind`, objects need not say their kind, and must be of it.
 * Throws {@link Refusal}.
 */
export async function readObjects(
  text: GivenText,
  kind: Kind | undefined,
): Promise<readonly GivenObject[]> {
  return readTreeObjects(treeOf(text, kind), {
    kind,
    where: text.shown,
    shownOf: () => text.shown,
  });
}

/** How the objects of a tree are read. */
export interface TreeReading {
  readonly kind?: Kind | undefined;
  /** What messages call all of it. */
  readonly where: string;
  /** What messages call one of its files. */
  readonly shownOf: (path: string) => string;
}

/** Reads the objects of a tree, whose folders say kinds as those of a repository do. */
export async function readTreeObjects(
  tree: SourceTree,
  { kind, where, shownOf }: TreeReading,
): Promise<readonly GivenObject[]> {
  const { createParser } = await import("../../parse/parse-tree.js");
  const { value: documents, diagnostics } = createParser().parseTree(tree);
  if (diagnostics.some(({ severity }) => severity === "error")) {
    const { formatDiagnosticsText } = await import("../../diagnostics/format-text.js");
    const placed = diagnostics.map((found) => placedIn(found, shownOf));
    throw new Refusal(`${formatDiagnosticsText(placed)}gloo: nothing was written\n`);
  }
  if (documents.objects.length === 0) {
    throw new Refusal(
      `gloo: there is no object in ${where}${kind === undefined ? "; outside of folders such as upstreams, objects say their kind" : ""}`,
    );
  }
  const { createObjectViews, typesOf } = await import("../../edit/object-view.js");
  const { builtinLanguage } = await import("../../app/builtin-language.js");
  const language = builtinLanguage();
  const viewObject = createObjectViews(language);
  return documents.objects.map((raw) => {
    const place = `${shownOf(raw.origin.file)}:${raw.origin.locate("").line}`;
    if (kind !== undefined && raw.kind !== kind) {
      const { noun, command } = objectKinds[raw.kind];
      const wanted = objectKinds[kind].noun;
      throw new Refusal(
        `gloo: ${place} is ${noun}, not ${wanted}; \`gloo ${command}\` takes it, and \`gloo apply\` takes all kinds`,
      );
    }
    const plain = plainForm(raw);
    const name = plain["name"];
    if (typeof name !== "string" || name === "") {
      throw new Refusal(`gloo: ${place}: ${objectKinds[raw.kind].noun} needs a name`);
    }
    const view = viewObject({ kind: raw.kind, value: plain, wrapped: false })?.value ?? plain;
    const value = raw.kind === "Upstream" ? withTypes(view, typesOf(view, language)) : view;
    return { kind: raw.kind, name, plain, value, resourceVersion: versionOf(raw.value), place };
  });
}

/** An upstream whose types are in canonical spelling, as they are in the config. */
function withTypes(
  value: JsonObject,
  {
    upstream,
    service,
  }: { readonly upstream: string | undefined; readonly service: string | undefined },
): JsonObject {
  const { service_info: info } = value;
  return {
    ...value,
    ...(upstream === undefined ? {} : { type: upstream }),
    ...(service === undefined || !isJsonObject(info)
      ? {}
      : { service_info: { ...info, type: service } }),
  };
}

function placedIn(found: Diagnostic, shownOf: TreeReading["shownOf"]): Diagnostic {
  const { location } = found;
  if (location === undefined) return found;
  return { ...found, location: { ...location, file: shownOf(location.file) } };
}

/** A tree that holds the text as a file of the folder of a kind, or of the root. */
function treeOf({ shown, bytes }: GivenText, kind: Kind | undefined): SourceTree {
  // Whatever it is called where it comes from, it is read.
  const name = /\.json$/i.test(shown) ? "given.json" : "given.yaml";
  const file: SourceFile = { kind: "file", path: name, name, oid: name, bytes };
  const folder = (name: string, entries: SourceFolder["entries"]): SourceFolder => ({
    kind: "folder",
    path: name,
    name,
    oid: name,
    entries,
  });
  const root = kind === undefined ? [file] : [folder(folderOf[kind], [file])];
  return treeOfFolder(folder("", root));
}

/** A tree that nobody has committed. */
export function treeOfFolder(root: SourceFolder): SourceTree {
  const nobody = { name: "", email: "", timestampS: 0 };
  const commit = { oid: "", treeOid: "", author: nobody, committer: nobody, message: "" };
  return { commit, root };
}

function versionOf({ metadata }: JsonObject): string | undefined {
  if (!isJsonObject(metadata)) return undefined;
  const version = metadata["resource_version"] ?? metadata["resourceVersion"];
  return typeof version === "string" && version !== "" ? version : undefined;
}

const keptMetadata = ["namespace", "annotations", "labels"];

/** Out of the Kubernetes form, and without what others than people write. */
function plainForm({ value, wrapped }: RawObject): JsonObject {
  const { metadata, spec } = value;
  const kept = isJsonObject(metadata)
    ? Object.fromEntries(
        Object.entries(metadata)
          .filter(([key]) => keptMetadata.includes(key))
          .map(([key, item]) => [key, key === "annotations" ? ownAnnotations(item) : item] as const)
          .filter(([, item]) => item !== null),
      )
    : undefined;
  const own = kept !== undefined && Object.keys(kept).length > 0 ? { metadata: kept } : {};
  if (wrapped) {
    const name = isJsonObject(metadata) ? metadata["name"] : undefined;
    return { ...(name === undefined ? {} : { name }), ...(isJsonObject(spec) ? spec : {}), ...own };
  }
  const { kind: _, status: _1, metadata: _2, ...rest } = value;
  return { ...rest, ...(isJsonObject(metadata) || metadata === undefined ? own : { metadata }) };
}

/** What kubectl notes is a copy of the object. */
const copyOfKubectl = "kubectl.kubernetes.io/last-applied-configuration";

function ownAnnotations(annotations: JsonValue): JsonValue {
  if (!isJsonObject(annotations) || !(copyOfKubectl in annotations)) return annotations;
  const { [copyOfKubectl]: _, ...own } = annotations;
  return Object.keys(own).length === 0 ? null : own;
}
