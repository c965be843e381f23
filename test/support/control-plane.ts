import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, type Clock } from "../../src/lib/clock.js";
import type { EndpointsByUpstream } from "../../src/model/endpoints.js";
import { createPipeline, type Pipeline } from "../../src/pipeline.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import type { CommitRecord, CommitState } from "../../src/reconcile/commits/commit-record.js";
import { createReconciler } from "../../src/reconcile/create-reconciler.js";
import type { ReconcilerDeps, ReconcilerOptions } from "../../src/reconcile/reconciler-deps.js";
import type { Reconciler, TurnReport } from "../../src/reconcile/reconciler.js";
import { openSecretStore, type SecretStore } from "../../src/secrets/secret-store.js";
import { createAdsServer, type AdsServer } from "../../src/serve/ads-server.js";
import { createSecretAttacher } from "../../src/snapshot/attach-secrets.js";
import { createGitRepository } from "../../src/source/create-git-repository.js";
import type { GitRepository } from "../../src/source/git-repository.js";
import { openStateDirectory, type StateDirectory } from "../../src/state/state-directory.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../src/translate/translate.js";
import { poll } from "./envoy-process.js";

/** Everything of a control plane but its process, with real parts. */
export interface TestControlPlane {
  readonly reconciler: Reconciler;
  readonly server: AdsServer;
  readonly port: number;
  readonly state: StateDirectory;
  readonly secrets: SecretStore;
  readonly repository: GitRepository;
  /** Calls of `Pipeline.build` so far. */
  readonly builds: () => number;
  /** Reports of turns so far. */
  readonly turns: readonly TurnReport[];
  /** Every state that every commit has been in, in order. */
  readonly states: (oid: string) => readonly CommitState[];
  setEndpoints(endpoints: EndpointsByUpstream): void;
  record(oid: string): CommitRecord | undefined;
  /** Resolves when a commit is in a state. */
  reaches(oid: string, state: CommitState): Promise<CommitRecord>;
  /** Makes a turn that looks at the remote, and waits until it is over. */
  turn(options?: { readonly force?: boolean }): Promise<TurnReport>;
  close(): Promise<void>;
}

/** What a test may want to be otherwise. */
export interface TestControlPlaneOptions extends Partial<ReconcilerOptions> {
  readonly url: string;
  /** Default: a temporary folder, removed at the end. */
  readonly stateFolder?: string;
  readonly secretsFolder?: string;
  readonly clock?: Clock;
  readonly pipeline?: Pipeline;
  readonly judge?: ReconcilerDeps["judge"];
  /** Default: the address and ports of Envoys are those of production. */
  readonly httpPort?: number;
  /** Changes parts before they are used. */
  readonly change?: (deps: ReconcilerDeps) => ReconcilerDeps;
}

/** Starts a control plane. It turns only when it is told to, unless `poll` says otherwise. */
export async function startControlPlane(
  options: TestControlPlaneOptions,
): Promise<TestControlPlane> {
  const { url, clock = systemClock, judge } = options;
  const folder = options.stateFolder ?? (await mkdtemp(join(tmpdir(), "gloo-state-")));
  const state = await openStateDirectory(folder, { now: Date.now });
  const repository = createGitRepository({ url, ref: "main", dataDir: state.mirrorFolder });
  const secrets = await openSecretStore({
    folder: options.secretsFolder,
    onChange: () => {
      reconciler.wake("secrets");
    },
  });
  const server = createAdsServer({ port: 0, now: Date.now });
  const inner =
    options.pipeline ??
    createPipeline({
      plugins: createPluginSet(builtinPlugins),
      settings: {
        ...defaultTranslationSettings,
        bindAddress: "127.0.0.1",
        httpPort: options.httpPort ?? defaultTranslationSettings.httpPort,
      },
    });
  let builds = 0;
  const pipeline: Pipeline = {
    ...inner,
    build: (tree, inputs) => {
      builds++;
      return inner.build(tree, inputs);
    },
  };
  let endpoints: EndpointsByUpstream = new Map();
  const states = new Map<string, CommitState[]>();
  const deps: ReconcilerDeps = {
    repository,
    pipeline,
    server,
    journal: state.journal,
    history: state.history,
    orders: state.orders,
    secrets,
    endpoints: { current: () => endpoints },
    attachSecrets: createSecretAttacher(defaultTranslationSettings.upstreamCaFile),
    ...(judge === undefined ? {} : { judge }),
    clock,
    random: Math.random,
    onRecord: ({ commit: { oid }, state: now }, before) => {
      if (now === before?.state) return;
      states.set(oid, [...(states.get(oid) ?? []), now]);
    },
  };
  const reconciler = createReconciler(options.change?.(deps) ?? deps, {
    poll: options.poll ?? "off",
    vetoPolicy: options.vetoPolicy ?? { kind: "any" },
    ackTimeoutMs: options.ackTimeoutMs ?? 30_000,
    ...(options.guards === undefined ? {} : { guards: options.guards }),
    ...(options.commitPolicy === undefined ? {} : { commitPolicy: options.commitPolicy }),
    quietMs: options.quietMs ?? 50,
    backoff: options.backoff ?? { firstMs: 50, maxMs: 200 },
  });
  const turns: TurnReport[] = [];
  reconciler.onTurn((report) => turns.push(report));
  const { port } = await server.listen();
  const record = (oid: string): CommitRecord | undefined =>
    reconciler.commits().find(({ commit }) => commit.oid === oid);
  const plane: TestControlPlane = {
    reconciler,
    server,
    port,
    state,
    secrets,
    repository,
    builds: () => builds,
    turns,
    states: (oid) => states.get(oid) ?? [],
    setEndpoints(next) {
      endpoints = next;
      reconciler.wake("endpoints");
    },
    record,
    reaches: (oid, wanted) =>
      poll(`commit ${oid.slice(0, 8)} to be ${wanted}`, () => {
        const found = record(oid);
        return found?.state === wanted ? found : undefined;
      }).catch((cause: unknown) => {
        throw new Error(`it is ${record(oid)?.state}: ${JSON.stringify(reconciler.status())}`, {
          cause,
        });
      }),
    async turn(wake = {}) {
      const made = new Promise<TurnReport>((resolve) => {
        const stop = reconciler.onTurn((report) => {
          if (report.reason === "veto") return;
          stop();
          resolve(report);
        });
      });
      reconciler.wake("request", wake);
      return made;
    },
    async close() {
      await reconciler.close();
      await server.close();
      secrets.close();
      await repository.close();
      await state.close();
      if (options.stateFolder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
  await reconciler.start();
  return plane;
}
