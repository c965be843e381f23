import { fleetView } from "../admin/envoy-view.js";
import { createSecretFile, SecretFileError } from "../admin/secret-file.js";
import { systemClock } from "../lib/clock.js";
import type { CommitState } from "../reconcile/commits/commit-record.js";
import { createForgeStatus, forgePlaceOf, type ForgeKind } from "../report/forge-status.js";
import { createReporter, type Reporter } from "../report/reporter.js";
import { tellByRequests, type RequestReceiver } from "../report/request-receiver.js";
import { createReportSender } from "../report/send-report.js";
import { createSlackMessage, createWebhook, type NotificationSource } from "../report/webhook.js";
import type { AdsServer } from "../serve/ads-server.js";
import type { CredentialsProvider } from "../source/credentials.js";
import { TIMEOUTS } from "../source/limits.js";
import { parseRepositoryLocation, scrubUrls } from "../source/remote-url.js";
import type { JsonFile } from "../state/json-file.js";
import { createGitReceivers, type GitReceiversOptions } from "./git-receivers.js";
import type { Notices } from "./notices.js";
import { OperationalError } from "./operational-error.js";
import type { Settings } from "./settings.js";

export interface ReportsOptions extends GitReceiversOptions {
  readonly ads: Pick<AdsServer, "envoys">;
  readonly memory: JsonFile;
  readonly notices: Notices;
}

/**
 * Opens what the settings name; undefined: nobody is to be told. Rejects with an
 * {@link OperationalError} for a file that cannot be read, or a repository that no host has.
 */
export async function openReports(
  settings: Settings,
  { ads, memory, notices, ...git }: ReportsOptions,
): Promise<Reporter | undefined> {
  // Hosts take the credentials for Git for their API too.
  const told = await requestReceiversOf(settings, git.gitOptions.credentials);
  const written = await createGitReceivers(settings, git);
  if (told.length + written.receivers.length === 0) return undefined;
  const { gitCaFile, gitProxy } = settings;
  const sender = createReportSender({
    ...(gitCaFile === undefined ? {} : { caFile: gitCaFile }),
    ...(gitProxy === undefined ? {} : { proxy: gitProxy }),
    timeouts: { ...TIMEOUTS, connectMs: 10_000, headersMs: 10_000, idleMs: 10_000 },
  });
  const requests = {
    send: sender.send,
    fleet: () => fleetView(ads.envoys()),
    now: systemClock.now,
  };
  const reporter = createReporter({
    receivers: [
      ...told.map((receiver) => tellByRequests(receiver, requests)),
      ...written.receivers,
    ],
    memory,
    clock: systemClock,
    random: Math.random,
    onProblem: (receiver, problem) => {
      notices.set(`reports to ${receiver}`, problem);
    },
  });
  return {
    ...reporter,
    async close() {
      await reporter.close();
      await sender.close();
      await written.close();
    },
  };
}

async function requestReceiversOf(
  settings: Settings,
  credentials: CredentialsProvider | undefined,
): Promise<readonly RequestReceiver[]> {
  const { reportKind, notifyWebhookUrl, notifyWebhookSecretFile, notifySlackUrlFile } = settings;
  const { reportContext: context, reportTargetUrl: targetUrl, ref } = settings;
  const source: NotificationSource = {
    repository: scrubUrls(settings.repo),
    ref,
    context,
    targetUrl,
  };
  // Each was checked to be one.
  const states = new Set(settings.notifyStates as readonly CommitState[]);
  const receivers: RequestReceiver[] = [];
  if (reportKind !== "off") {
    receivers.push(await forgeOf(reportKind, settings, credentials));
  }
  if (notifyWebhookUrl !== undefined && notifyWebhookSecretFile !== undefined) {
    const secret = await secretOf("--notify-webhook-secret-file", notifyWebhookSecretFile);
    const { now } = systemClock;
    receivers.push(createWebhook({ ...source, url: notifyWebhookUrl, states, secret, now }));
  }
  if (notifySlackUrlFile !== undefined) {
    const url = await secretOf("--notify-slack-url-file", notifySlackUrlFile);
    if (!URL.canParse(await url())) {
      throw new OperationalError(
        "app/settings",
        `--notify-slack-url-file: ${notifySlackUrlFile} holds no URL`,
      );
    }
    receivers.push(createSlackMessage({ ...source, states, url }));
  }
  return receivers;
}

async function forgeOf(
  kind: ForgeKind,
  settings: Settings,
  credentials: CredentialsProvider | undefined,
): Promise<RequestReceiver> {
  const { reportUrl, reportProject, reportTokenFile, reportContext, reportTargetUrl } = settings;
  const place = placeOf(kind, settings.repo);
  const apiUrl = reportUrl?.replace(/\/+$/, "") ?? place?.apiUrl;
  const project = reportProject ?? place?.project;
  if (apiUrl === undefined || project === undefined) {
    throw new OperationalError(
      "app/settings",
      "--report-kind: --repo names no repository of a host; give --report-url and --report-project",
    );
  }
  if (reportTokenFile === undefined && credentials === undefined) {
    throw new OperationalError(
      "app/settings",
      "--report-kind needs --report-token-file, or credentials for Git that the host takes for its API",
    );
  }
  const token =
    reportTokenFile === undefined
      ? () => tokenOf(credentials)
      : await secretOf("--report-token-file", reportTokenFile);
  return createForgeStatus({
    kind,
    apiUrl,
    project,
    context: reportContext,
    targetUrl: reportTargetUrl,
    token,
  });
}

function placeOf(kind: ForgeKind, repo: string): ReturnType<typeof forgePlaceOf> {
  const location = parseRepositoryLocation(repo);
  if (location.kind === "local") return undefined;
  if (location.kind === "http") {
    const { origin, pathname } = new URL(location.url);
    return forgePlaceOf(kind, origin, pathname);
  }
  // The port of ssh is none of the API.
  const path = location.url.replace(/^ssh:\/\/[^/]*\/|^[^:]*:/, "");
  return forgePlaceOf(kind, location.host, path);
}

async function tokenOf(credentials: CredentialsProvider | undefined): Promise<string> {
  const found = await credentials?.();
  return found?.kind === "bearer" ? found.token : (found?.password ?? "");
}

async function secretOf(flag: string, path: string): Promise<() => Promise<string>> {
  const file = createSecretFile(path, `what ${flag} needs`);
  try {
    await file.read();
  } catch (cause) {
    if (!(cause instanceof SecretFileError)) throw cause;
    throw new OperationalError("app/unreadable-file", `${flag}: ${cause.message}`, { cause });
  }
  return async () => (await file.read())[0] ?? "";
}
