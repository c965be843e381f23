import { applySeverities } from "./diagnostics/apply-severities.js";
import { sortDiagnostics, type Diagnostic } from "./diagnostics/diagnostic.js";
import { createRouteExaminer } from "./examine/examine-routes.js";
import type { Confinement } from "./model/confinement.js";
import type { EndpointsByUpstream } from "./model/endpoints.js";
import type { Config } from "./model/resource.js";
import type { TestFile } from "./model/route-test.js";
import type { Secrets } from "./model/secret.js";
import type { ParseLimits } from "./parse/limits.js";
import { createParser } from "./parse/parse-tree.js";
import type { SealedFile } from "./parse/sealed-file.js";
import type { Unsealing } from "./secrets/data-key.js";
import { createUnsealer } from "./secrets/unseal.js";
import { createTestReader } from "./parse/test-files.js";
import { createAssembler } from "./snapshot/assemble.js";
import type { Snapshot } from "./snapshot/snapshot.js";
import type { SourceTree } from "./source/source-tree.js";
import type { PluginSet } from "./translate/plugin-set.js";
import { secretRefsOf } from "./translate/secret-refs.js";
import { createTranslator, type TranslationSettings } from "./translate/translate.js";
import type { Translation } from "./translate/translation.js";
import { createTestsCheck } from "./validate/tests-check.js";
import { createValidator } from "./validate/validate.js";

/** What a snapshot is made of, besides the tree. */
export interface PipelineInputs {
  readonly secrets: Secrets;
  readonly endpoints: EndpointsByUpstream;
  /** How the tree's own secrets are opened. Default: they are left as they are. */
  readonly unsealing?: Unsealing;
}

/** What came of one tree. With an error among the diagnostics, the snapshot is not to be served. */
export interface Build {
  readonly snapshot: Snapshot;
  /** In the order of files and places, each once. */
  readonly diagnostics: readonly Diagnostic[];
  readonly config: Config;
  readonly translation: Translation;
  /** The route assertions of the tree. They have run if nothing else is wrong. */
  readonly tests: readonly TestFile[];
  /** The encrypted files of the tree that hold what is served. */
  readonly sealed: readonly SealedFile[];
}

/** Finds the keys of encrypted files. Never rejects: a file whose key is not found says so in its build. */
export type Unlock = (files: readonly SealedFile[]) => Promise<Unsealing>;

/** The settings of the process that builds depend on. */
export interface PipelineOptions {
  readonly plugins: PluginSet;
  readonly settings: TranslationSettings;
  readonly parseLimits?: Partial<ParseLimits>;
  /** What repositories beside the first one may declare. Default: there are none. */
  readonly confinements?: readonly Confinement[];
}

/** Builds snapshots. */
export interface Pipeline {
  /**
   * One commit in, one snapshot out. The same tree and inputs give the same bytes: there is no
   * clock, environment or map order in it. What did not change since an earlier call is remembered.
   */
  build(tree: SourceTree, inputs: PipelineInputs): Build;
  /** The encrypted files of a tree, whose keys a build may need. */
  sealedFiles(tree: SourceTree): readonly SealedFile[];
  /** The same build with other endpoints: only EDS assignments are made anew. */
  replaceEndpoints(build: Build, endpoints: EndpointsByUpstream): Build;
}

function sealedInUse(
  sealed: readonly SealedFile[],
  translation: Translation,
): readonly SealedFile[] {
  if (sealed.length === 0) return sealed;
  const refs = secretRefsOf(translation);
  return sealed.filter(({ ref }) => refs.has(ref));
}

const left: Unsealing = { kind: "leave" };

/** The stages, in their order. Each remembers what it made of unchanged input, and nothing else. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { plugins, settings, parseLimits, confinements = [] } = options;
  const parser = createParser(parseLimits);
  const testReader = createTestReader(parseLimits);
  const checkTests = createTestsCheck(plugins);
  const unsealer = createUnsealer();
  const validator = createValidator(plugins, confinements);
  const translator = createTranslator(plugins, settings);
  const examineRoutes = createRouteExaminer();
  const assembler = createAssembler();
  return {
    build(tree, inputs) {
      const documents = parser.parseTree(tree);
      const { sealed } = documents.value;
      const secrets = unsealer.unseal(sealed, inputs.secrets, inputs.unsealing ?? left);
      const config = validator.validate(documents.value, secrets.value);
      const resources = translator.translate(config.value, {
        secrets: secrets.value,
        endpoints: inputs.endpoints,
      });
      const snapshot = assembler.assemble(tree.commit.oid, resources.value);
      const built = { config: config.value, translation: resources.value };
      const raw = testReader.readTests(tree);
      const tests = checkTests(raw.value);
      const found = [documents, secrets, config, resources].flatMap((stage) => stage.diagnostics);
      const ofRoutes = examineRoutes(built, tests.value, found);
      return {
        snapshot,
        diagnostics: applySeverities(
          sortDiagnostics([...found, ...raw.diagnostics, ...tests.diagnostics, ...ofRoutes]),
          config.value.policies?.value.severity,
        ),
        ...built,
        tests: tests.value,
        sealed: sealedInUse(sealed, resources.value),
      };
    },
    sealedFiles: (tree) => parser.parseTree(tree).value.sealed,
    replaceEndpoints(build, endpoints) {
      const translation = translator.replaceEndpoints(build.translation, endpoints);
      const snapshot = assembler.assemble(build.snapshot.commit, translation);
      return { ...build, snapshot, translation };
    },
  };
}
