import {
  createAdminServer,
  type AdminServer,
  type AdminServerOptions,
} from "../admin/admin-server.js";
import { SecretFileError } from "../admin/secret-file.js";
import type { About } from "../admin/about.js";
import type { Watched } from "../admin/watched.js";
import { shareAdsServer } from "../environments/share-ads-server.js";
import { systemClock } from "../lib/clock.js";
import type { Reconciler } from "../reconcile/reconciler.js";
import { createAdsServer, type AdsServer } from "../serve/ads-server.js";
import { scrubUrls } from "../source/remote-url.js";
import { createClosers, type Closers } from "./closers.js";
import { createLoop, type Loop, type LoopParts } from "./create-loop.js";
import { readEnvironmentsFile, type Environment } from "./environments-file.js";
import { listenOn } from "./listen.js";
import { logEnvoys, logEvents } from "./log-events.js";
import type { Logger } from "./logger.js";
import { createNotices, type Notices } from "./notices.js";
import { OperationalError } from "./operational-error.js";
import { quietGrpc } from "./quiet-grpc.js";
import { prepare, type Prepared } from "./prepare.js";
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
  /** By environment; without environments, the only one is that of `""`. */
  readonly reconcilers: ReadonlyMap<string, Reconciler>;
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

/** What is opened last is closed first: the loops, then the servers, then what they live on. */
async function build(site: Site): Promise<ControlPlane> {
  const { settings, closers, log } = site;
  const { environmentsFile } = settings;
  const environments =
    environmentsFile === undefined ? undefined : readEnvironmentsFile(environmentsFile, settings);
  const ads = createAds(site);
  const { watched, reconcilers } =
    environments === undefined
      ? await watchConfig(site, ads)
      : await watchEnvironments(site, ads, environments);
  const admin = createAdmin(site, watched);
  const adsAddress = await listenOn(addressOf("xds", settings.xdsAddress, settings.xdsPort), () =>
    ads.listen(),
  );
  const adminAddress = await listenOn(
    addressOf("admin", settings.adminAddress, settings.adminPort),
    () => admin.listen(),
  );
  watchTls(site, ads, admin);
  for (const reconciler of reconcilers.values()) {
    closers.add("the reconcile loop", () => reconciler.close());
  }
  for (const reconciler of reconcilers.values()) await reconciler.start();
  const scheme = settings.adminTlsCert === undefined ? "http" : "https";
  const adminUrl = `${scheme}://${shownAddress(adminAddress)}`;
  log.info(
    {
      version: productVersion(),
      xds: shownAddress(adsAddress),
      admin: adminUrl,
      ...(environments === undefined
        ? placeOf(settings)
        : { environments: environments.map(({ name }) => name) }),
    },
    "started",
  );
  return {
    adsHost: adsAddress.host,
    adsPort: adsAddress.port,
    adminPort: adminAddress.port,
    adminUrl,
    reconcilers,
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

/** What runs behind the servers, and what of it the HTTP API shows. */
interface Watching {
  readonly watched: AdminServerOptions["watched"];
  readonly reconcilers: ReadonlyMap<string, Reconciler>;
}

/** The one config that the settings name. */
async function watchConfig(site: Site, ads: AdsServer): Promise<Watching> {
  const loop = await openLoop({ ...site, ads });
  return {
    watched: watchedOf({ ...site, ads }, loop, aboutOf(site.settings)),
    reconcilers: new Map([["", loop.reconciler]]),
  };
}

/** Several, each with a share of the server of Envoys. */
async function watchEnvironments(
  site: Site,
  ads: AdsServer,
  environments: readonly Environment[],
): Promise<Watching> {
  const shared = shareAdsServer(
    ads,
    environments.map(({ roles }) => roles),
  );
  site.closers.add("the log", logEnvoys(site.log, shared.strangers));
  const watched = new Map<string, Watched>();
  const reconcilers = new Map<string, Reconciler>();
  for (const { name, roles, settings } of environments) {
    const log = site.log.child({ environment: name });
    const parts = { ...site, settings, log, notices: createNotices(log), ads: shared.of(name) };
    const loop = await openLoop(parts).catch((cause: unknown) => {
      if (!(cause instanceof OperationalError)) throw cause;
      throw new OperationalError(cause.code, `environment ${name}: ${cause.message}`, { cause });
    });
    const about = { ...aboutOf(settings), environment: name, nameOfRole: roles.outsideOf };
    watched.set(name, watchedOf(parts, loop, about));
    reconcilers.set(name, loop.reconciler);
  }
  const strangers = shared.strangers;
  const problems = site.notices.list;
  return {
    watched: { environments: watched, version: productVersion(), ads, strangers, problems },
    reconcilers,
  };
}

async function openLoop(parts: LoopParts): Promise<Loop> {
  const { log, closers, ads } = parts;
  const loop = await createLoop(parts);
  closers.add("the log", logEvents(log, loop.reconciler, ads));
  return loop;
}

function watchedOf(
  { ads, notices }: Pick<LoopParts, "ads" | "notices">,
  { reconciler, reports }: Loop,
  about: About,
): Watched {
  return {
    about,
    reconciler,
    ads,
    problems: () => notices.list(),
    reports: () => reports?.counts() ?? [],
  };
}

function aboutOf(settings: Settings): About {
  const { repo, ref } = placeOf(settings);
  return { version: productVersion(), repository: repo, ref, path: settings.path };
}

function placeOf({ repo, ref }: Settings): { readonly repo: string; readonly ref: string } {
  return { repo: scrubUrls(repo), ref };
}

function createAdmin(site: Site, watched: AdminServerOptions["watched"]): AdminServer {
  const { settings, prepared, closers, log } = site;
  const admin = createAdminServer({
    host: settings.adminAddress,
    port: settings.adminPort,
    watched,
    tls: prepared.adminTls?.material,
    token: prepared.adminToken,
    hookSecret: prepared.hookSecret,
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
