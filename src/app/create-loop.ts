import type { ServerShare } from "../environments/share-ads-server.js";
import { systemClock } from "../lib/clock.js";
import { createPipeline } from "../pipeline.js";
import { createReconciler } from "../reconcile/create-reconciler.js";
import type { Reconciler } from "../reconcile/reconciler.js";
import { sealedCopiesIn } from "../reconcile/releases/release.js";
import type { VetoPolicy } from "../reconcile/rollout/veto-policy.js";
import type { Reporter } from "../report/reporter.js";
import { createSecretAttacher } from "../snapshot/attach-secrets.js";
import { openStateDirectory } from "../state/state-directory.js";
import type { Closers } from "./closers.js";
import { createEndpointDiscovery, feedSources } from "./endpoint-discovery.js";
import { gitOptionsOf } from "./git-options.js";
import { guardsOf } from "./guards.js";
import { parseLimitsOf } from "./parse-limits.js";
import { logCommand, logRecord } from "./log-events.js";
import type { Logger } from "./logger.js";
import type { Notices } from "./notices.js";
import { confinementsOf, openRepository, otherRepositories } from "./open-repository.js";
import type { Prepared } from "./prepare.js";
import { openReports } from "./reports.js";
import { openSecretSource } from "./secret-source.js";
import type { Settings } from "./settings.js";

/** What a loop is made with. */
export interface LoopParts {
  readonly settings: Settings;
  readonly prepared: Prepared;
  readonly ads: ServerShare;
  readonly closers: Closers;
  readonly log: Logger;
  readonly notices: Notices;
  readonly env: NodeJS.ProcessEnv;
}

/** A loop, and who is told what comes of it. */
export interface Loop {
  readonly reconciler: Reconciler;
  readonly reports: Reporter | undefined;
}

/**
 * A loop that does nothing yet, on a state directory, secrets and a repository that are opened for it.
 * `closers` closes those.
 */
export async function createLoop(parts: LoopParts): Promise<Loop> {
  const { settings, prepared, ads, closers, log, notices, env } = parts;
  let onSecrets = (): void => undefined; // until there is a loop, it has not seen the old ones
  const state = await openStateDirectory(settings.stateDir, { now: systemClock.now });
  closers.add("the state directory", () => state.close());
  const { secretsDir, ageKeyFile } = settings;
  const secrets = await openSecretSource({
    ...(secretsDir === undefined ? {} : { secretsDir }),
    ...(ageKeyFile === undefined ? {} : { ageKeyFile }),
    kept: state.journal.restored.flatMap(({ meta }) => sealedCopiesIn(meta)),
    onChange: () => {
      onSecrets();
    },
  });
  closers.add("the secrets", () => {
    secrets.close();
  });
  const gitOptions = gitOptionsOf(settings, state.mirrorFolder, env);
  const endpoints = createEndpointDiscovery({
    plugins: prepared.plugins,
    file: state.endpoints,
    notices,
    onChange: () => {
      reconciler.wake("endpoints");
    },
  });
  const others = otherRepositories(settings);
  const pipeline = createPipeline({
    plugins: prepared.plugins,
    settings: {
      bindAddress: settings.envoyBindAddress,
      httpPort: settings.envoyPort,
      httpsPort: settings.envoySecurePort,
      upstreamCaFile: settings.upstreamCaFile,
    },
    parseLimits: parseLimitsOf(settings),
    confinements: confinementsOf(others),
  });
  const watched = await openRepository(settings, {
    gitOptions,
    others,
    pipeline,
    secrets,
    state,
    env,
    log,
  });
  const { repository, checkCommits, commitPolicy } = watched;
  closers.add("the repository", () => repository.close());
  const reports = await openReports(settings, {
    gitOptions,
    served: () => reconciler.serving()?.commit.commit,
    commits: () => reconciler.commits(),
    ads,
    memory: state.reports,
    notices,
  });
  closers.add("the reports", () => reports?.close());
  const reconciler = createReconciler(
    {
      repository,
      pipeline,
      server: ads,
      journal: state.journal,
      history: state.history,
      orders: state.orders,
      secrets,
      endpoints,
      attachSecrets: createSecretAttacher(settings.upstreamCaFile),
      ...(prepared.judge === undefined ? {} : { judge: prepared.judge }),
      ...(checkCommits === undefined ? {} : { checkCommits }),
      clock: systemClock,
      random: Math.random,
      onRecord: (record, before) => {
        logRecord(log, record, before);
        reports?.note(record);
      },
      onCommand: (command, order) => {
        logCommand(log, command, order);
      },
    },
    {
      poll: settings.poll,
      vetoPolicy: vetoPolicyOf(settings),
      ackTimeoutMs: settings.ackTimeoutS * 1000,
      guards: guardsOf(settings),
      commitPolicy,
    },
  );
  onSecrets = () => {
    reconciler.wake("secrets");
  };
  closers.add("the endpoint sources", () => {
    endpoints.close();
  });
  feedSources(endpoints, reconciler);
  reports?.resume(reconciler.commits());
  return { reconciler, reports };
}

function vetoPolicyOf({ vetoPolicy, canaryRole }: Settings): VetoPolicy {
  if (vetoPolicy === "canary") return { kind: "canary", role: canaryRole ?? "" };
  return { kind: vetoPolicy };
}
