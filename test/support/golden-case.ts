import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { formatDiagnosticsText } from "../../src/diagnostics/format-text.js";
import { hasErrors } from "../../src/diagnostics/diagnostic.js";
import { renderSnapshot } from "../../src/cli/render/render-snapshot.js";
import { typeUrls, type ResourceKind } from "../../src/envoy/type-urls.js";
import type { JsonObject } from "../../src/lib/json.js";
import { mountNameOf, type Confinement } from "../../src/model/confinement.js";
import type { Secrets } from "../../src/model/secret.js";
import type { ParseLimits } from "../../src/parse/limits.js";
import { createPipeline, type Build, type PipelineOptions } from "../../src/pipeline.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { readSecrets } from "../../src/secrets/read-secrets.js";
import { eventTypeScript } from "../../src/plugins/cloud-events/plugin.js";
import { requestScript, responseScript } from "../../src/templates/runtime.js";
import type { SourceTree } from "../../src/source/source-tree.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../src/translate/translate.js";
import type { SealedFile } from "../../src/parse/sealed-file.js";
import type { Unsealing } from "../../src/secrets/data-key.js";
import { outsidePlugins } from "./outside-plugins.js";
import { fixtureKeyring } from "./sealed-file.js";
import { treeOf, type TreeContent } from "./tree.js";

/** What `case.json` may say about a case. */
interface CaseSettings {
  /** Entries that cannot, or should not, lie in `in/`: bytes, and what a source refuses. */
  readonly entries?: Readonly<Record<string, TreeContent | { readonly base64: string }>>;
  readonly parseLimits?: Partial<ParseLimits>;
  /** The folder that config is read from. Default: the root. */
  readonly basePath?: string;
  /** Adds the plugins of `outside-plugins.ts` to the built-in ones. */
  readonly outsidePlugins?: boolean;
  /** Whether the process has identities of age: those of `control-plane.agekey`. Default: none are looked for. */
  readonly ageKeys?: "control-plane" | "none";
  /** Repositories beside the first one: the files of `shop` lie in `in/shop/`. */
  readonly confinements?: readonly Confinement[];
}

/** One case: a config tree in, diagnostics and Envoy resources out. */
export interface GoldenCase {
  readonly name: string;
  readonly out: URL;
  readonly tree: SourceTree;
  readonly secrets: Secrets;
  readonly unsealing: Unsealing;
  readonly options: PipelineOptions;
}

const folder = new URL("../golden/cases/", import.meta.url);

/** The names of all cases, in order. */
export const caseNames: readonly string[] = readdirSync(folder).sort();

/** Reads a case. */
export async function readCase(name: string): Promise<GoldenCase> {
  const base = new URL(`${name}/`, folder);
  const settingsFile = new URL("case.json", base);
  const settings = existsSync(settingsFile)
    ? (JSON.parse(readFileSync(settingsFile, "utf8")) as CaseSettings)
    : {};
  const secretsFolder = new URL("secrets/", base);
  const { secrets } = existsSync(secretsFolder)
    ? await readSecrets(fileURLToPath(secretsFolder))
    : { secrets: new Map() };
  const tree = withMounts(
    treeBelow(
      settings.basePath ?? "",
      treeOf({
        ...asMounts(filesIn(new URL("in/", base)), settings.confinements ?? []),
        ...entriesOf(settings),
      }),
    ),
    settings.confinements ?? [],
  );
  const options: PipelineOptions = {
    plugins: createPluginSet([
      ...builtinPlugins,
      ...(settings.outsidePlugins === true ? outsidePlugins : []),
    ]),
    settings: defaultTranslationSettings,
    ...(settings.parseLimits && { parseLimits: settings.parseLimits }),
    ...(settings.confinements && { confinements: settings.confinements }),
  };
  const unsealing = await unsealingOf(settings, createPipeline(options).sealedFiles(tree));
  return { name, out: new URL("out/", base), tree, secrets, unsealing, options };
}

/** Moves files of other repositories to where those are mounted: not every disk takes such names. */
function asMounts<T>(
  files: Readonly<Record<string, T>>,
  confinements: readonly Confinement[],
): Readonly<Record<string, T>> {
  const names = new Set(confinements.map(({ repository }) => repository));
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => {
      const [first = "", ...rest] = path.split("/");
      return [names.has(first) ? [mountNameOf(first), ...rest].join("/") : path, content];
    }),
  );
}

/** Marks the folders that are other repositories. */
function withMounts(tree: SourceTree, confinements: readonly Confinement[]): SourceTree {
  const names = new Set(confinements.map(({ repository }) => mountNameOf(repository)));
  const entries = tree.root.entries.map((entry) =>
    entry.kind === "folder" && names.has(entry.name) ? { ...entry, isMount: true } : entry,
  );
  return { ...tree, root: { ...tree.root, entries } };
}

async function unsealingOf(
  { ageKeys }: CaseSettings,
  files: readonly SealedFile[],
): Promise<Unsealing> {
  if (ageKeys === undefined) return { kind: "leave" };
  return ageKeys === "none" ? { kind: "no-key" } : (await fixtureKeyring(ageKeys)).unlock(files);
}

/** The tree as a source gives it that is told a base path. */
function treeBelow(basePath: string, { commit, root }: SourceTree): SourceTree {
  let folder = root;
  for (const name of basePath.split("/").filter((part) => part !== "")) {
    const path = folder.path === "" ? name : `${folder.path}/${name}`;
    const entry = folder.entries.find((child) => child.name === name);
    folder =
      entry?.kind === "folder" ? entry : { kind: "folder", path, name, oid: "0", entries: [] };
  }
  return { commit, root: folder };
}

function filesIn(root: URL): Readonly<Record<string, Uint8Array>> {
  if (!existsSync(root)) return {};
  const names = readdirSync(root, { recursive: true }).map(String);
  const files = names.filter((name) => statSync(new URL(name, root)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(new URL(name, root))]));
}

function entriesOf({ entries = {} }: CaseSettings): Readonly<Record<string, TreeContent>> {
  return Object.fromEntries(
    Object.entries(entries).map(([path, content]) => [
      path,
      typeof content === "object" && "base64" in content
        ? Buffer.from(content.base64, "base64")
        : content,
    ]),
  );
}

/** Builds a case. */
export function buildCase({ tree, secrets, unsealing, options }: GoldenCase): Build {
  return createPipeline(options).build(tree, { secrets, unsealing, endpoints: new Map() });
}

const fileNames: Readonly<Record<ResourceKind, string>> = {
  cluster: "clusters.json",
  endpoints: "endpoints.json",
  listener: "listeners.json",
  route: "routes.json",
  secret: "secrets.json",
};

/** The files that a case's `out/` may hold; undefined: must not be there. */
export function outputsOf({
  diagnostics,
  snapshot,
}: Build): Readonly<Record<string, string | undefined>> {
  const outputs: Record<string, string | undefined> = {
    "diagnostics.txt": formatDiagnosticsText(diagnostics) || undefined,
  };
  for (const kind of Object.keys(typeUrls) as ResourceKind[]) {
    const rendered = hasErrors(diagnostics) ? {} : byRole(renderSnapshot(snapshot, {}), kind);
    outputs[fileNames[kind]] =
      Object.keys(rendered).length > 0
        ? withoutScripts(`${JSON.stringify(rendered, undefined, 2)}\n`)
        : undefined;
  }
  return outputs;
}

/** The scripts that run templates are in every listener, and would be most of what is seen of one. */
function withoutScripts(text: string): string {
  return text
    .replaceAll(JSON.stringify(eventTypeScript), '"(script of src/plugins/cloud-events/)"')
    .replaceAll(JSON.stringify(responseScript), '"(responseScript of src/templates/runtime.ts)"')
    .replaceAll(JSON.stringify(requestScript), '"(requestScript of src/templates/runtime.ts)"');
}

function byRole(rendered: JsonObject, kind: ResourceKind): JsonObject {
  return Object.fromEntries(
    Object.entries(rendered).flatMap(([role, kinds]) => {
      const resources = (kinds as JsonObject)[kind] as JsonObject;
      return Object.keys(resources).length > 0 ? [[role, resources]] : [];
    }),
  );
}
