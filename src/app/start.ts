import { createAdminServer, type AdminServer } from "../admin/admin-server.js";
import { SecretFileError } from "../admin/secret-file.js";
import { systemClock } from "../lib/clock.js";
import { createPipeline } from "../pipeline.js";
import { createReconciler } from "../reconcile/create-reconciler.js";
import type { Reconciler } from "../reconcile/reconciler.js";
import { sealedCopiesIn } from "../reconcile/release.js";
import type { VetoPolicy } from "../reconcile/veto-policy.js";
import { createAdsServer, type AdsServer } from "../serve/ads-server.js";
import { createSecretAttacher } from "../snapshot/attach-secrets.js";
import { scrubUrls } from "../source/remote-url.js";
import { openStateDirectory } from "../state/state-directory.js";
import { createClosers, type Closers } from "./closers.js";
import { createEndpointDiscovery, feedSources } from "./endpoint-discovery.js";
import { gitOptionsOf } from "./git-options.js";
import { guardsOf } from "./guards.js";
import { listenOn } from "./listen.js";
import { parseLimitsOf } from "./parse-limits.js";
import { logCommand, logEvents, logRecord } from "./log-events.js";
import type { Logger } from "./logger.js";
import { createNotices, type Notices } from "./notices.js";
import { confinementsOf, openRepository, otherRepositories } from "./open-repository.js";
import { quietGrpc } from "./quiet-grpc.js";
import { prepare, type Prepared } from "./prepare.js";
import { openReports, type Reports } from "./reports.js";
import { openSecretSource } from "./secret-source.js";
import type { Settings } from "./settings.js";
import { watchTlsFiles } from "./tls-files.js";
import { productVersion } from "./version.js";

/** What a control plane is started with besides its settings. */
export interface StartOptions {
  readonly log: Logger;
  /** Where to look for an Envoy, with `validateWithEnvoy`. */
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when the process is told to end while it still starts. */
  readonly signal: AbortSignal;
}

/** A control plane that runs. */
export interface ControlPlane {
  /** Where it answers Envoys. */
  readonly adsHost: string;
  readonly adsPort: number;
  readonly adminPort: number;
  /** Where it answers people, such as `http://127.0.0.1:8090`. */
  readonly adminUrl: string;
  readonly reconciler: Reconciler;
  /** Ends everything, in a second or two: Envoys keep what they have. */
  close(): Promise<void>;
}

/**
 * Builds everything that the settings call for, and starts it: what can be wrong with files and ports is
 * found before anything is served, and what is on disk is served before the remote is asked. Rejects
 * with an error of one line, and leaves nothing open then.
 */
export async function startControlPlane(
  settings: Settings,
  options: StartOptions,
): Promise<ControlPlane> {
  const { log } = options;
  quietGrpc();
  const closers = createClosers((name, cause) => {
    log.error({ err: cause }, `could not close ${name}`);
  });
  try {
    const prepared = await prepare(settings, options);
    options.signal.throwIfAborted();
    const notices = createNotices(log);
    return await build({ settings, prepared, closers, log, notices, env: options.env });
  } catch (cause) {
    await closers.closeAll();
    throw cause;
  }
}

interface Site {
  readonly settings: Settings;
  readonly prepared: Prepared;
  readonly closers: Closers;
  readonly log: Logger;
  readonly notices: Notices;
  readonly env: NodeJS.ProcessEnv;
}

/** What is opened last is closed first: the loop, then the servers, then what they live on. */
async function build(site: Site): Promise<ControlPlane> {
  const { settings, closers, log } = site;
  const ads = createAds(site);
  const { reconciler, reports } = await createLoop(site, ads);
  closers.add("the log", logEvents(log, reconciler, ads));
  const admin = createAdmin(site, { reconciler, reports, ads });
  const adsAddress = await listenOn(addressOf("xds", settings.xdsAddress, settings.xdsPort), () =>
    ads.listen(),
  );
  const adminAddress = await listenOn(
    addressOf("admin", settings.adminAddress, settings.adminPort),
    () => admin.listen(),
  );
  watchTls(site, ads, admin);
  closers.add("the reconcile loop", () => reconciler.close());
  await reconciler.start();
  const scheme = settings.adminTlsCert === undefined ? "http" : "https";
  const adminUrl = `${scheme}://${shownAddress(adminAddress)}`;
  log.info(
    {
      version: productVersion(),
      xds: shownAddress(adsAddress),
      admin: adminUrl,
      repo: scrubUrls(settings.repo),
      ref: settings.ref,
    },
    "started",
  );
  return {
    adsHost: adsAddress.host,
    adsPort: adsAddress.port,
    adminPort: adminAddress.port,
    adminUrl,
    reconciler,
    async close() {
      await closers.closeAll();
      log.info("ended");
    },
  };
}

function createAds({ settings, prepared, closers, log }: Site): AdsServer {
  const { xdsTls } = prepared;
  const ads = createAdsServer({
    host: settings.xdsAddress,
    port: settings.xdsPort,
    ...(xdsTls === undefined ? {} : { tls: xdsTls.material }),
    now: systemClock.now,
    onFault: (fault) => {
      log.error({ err: fault }, "a bug ended the stream of an Envoy");
    },
  });
  closers.add("the xDS server", () => ads.close());
  return ads;
}

/** The loop, and who is told what comes of it. */
interface Loop {
  readonly reconciler: Reconciler;
  readonly reports: Reports | undefined;
}

/** The loop, on a state directory, secrets and a repository that are opened for it. */
async function createLoop(site: Site, ads: AdsServer): Promise<Loop> {
  const { settings, prepared, closers, log, env } = site;
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
    notices: site.notices,
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
    credentials: gitOptions.credentials,
    ads,
    memory: state.reports,
    notices: site.notices,
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

function createAdmin(
  site: Site,
  { reconciler, reports, ads }: Loop & { readonly ads: AdsServer },
): AdminServer {
  const { settings, prepared, closers, log, notices } = site;
  const admin = createAdminServer({
    host: settings.adminAddress,
    port: settings.adminPort,
    about: {
      version: productVersion(),
      repository: scrubUrls(settings.repo),
      ref: settings.ref,
      path: settings.path,
    },
    reconciler,
    ads,
    tls: prepared.adminTls?.material,
    token: prepared.adminToken,
    hookSecret: prepared.hookSecret,
    problems: () => notices.list(),
    reports: () => reports?.counts() ?? [],
    now: systemClock.now,
    onFault: (fault) => {
      if (fault instanceof SecretFileError) log.warn(fault.message);
      else log.error({ err: fault }, "a bug in the HTTP API");
    },
  });
  closers.add("the HTTP API", () => admin.close());
  return admin;
}

function watchTls({ prepared, closers, notices }: Site, ads: AdsServer, admin: AdminServer): void {
  for (const [tls, server] of [
    [prepared.xdsTls, ads],
    [prepared.adminTls, admin],
  ] as const) {
    if (tls === undefined) continue;
    const replace = server.replaceTls.bind(server);
    closers.add("the watch over TLS files", watchTlsFiles(tls.files, { replace, notices }));
  }
}

function addressOf(
  server: "xds" | "admin",
  host: string,
  port: number,
): Parameters<typeof listenOn>[0] {
  return { addressFlag: `--${server}-address`, portFlag: `--${server}-port`, host, port };
}

function shownAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
