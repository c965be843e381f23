import type { BackoffOptions } from "../lib/backoff.js";
import type { Clock } from "../lib/clock.js";
import type { EndpointsByUpstream } from "../model/endpoints.js";
import type { Secrets } from "../model/secret.js";
import type { Pipeline, Unlock } from "../pipeline.js";
import type { AdsServer } from "../serve/ads-server.js";
import type { AttachSecrets } from "../snapshot/attach-secrets.js";
import type { GitRepository } from "../source/git-repository.js";
import { SourceError } from "../source/source-error.js";
import type { Journal } from "../state/journal.js";
import type { JsonFile } from "../state/json-file.js";
import { followAcknowledgements } from "./rollout/acknowledgements.js";
import { createAlarm } from "./loop/alarm.js";
import { createBranch } from "./branch.js";
import type { CheckCommits, CommitPolicy } from "./turn/check-commits.js";
import type { CommitRecord } from "./commits/commit-record.js";
import type { Desk, Judge, TurnRequest } from "./turn/desk.js";
import { failedTurn, sentenceOf } from "./turn/failed-turn.js";
import { followRollout } from "./follow-rollout.js";
import { giveOrder, type Command } from "./orders/give-orders.js";
import type { Guard } from "./guards/guard.js";
import { createMassDeletionGuard } from "./guards/mass-deletion.js";
import { openHistory, type History } from "./commits/history.js";
import { createLedger } from "./commits/ledger.js";
import { createLoop } from "./loop/loop.js";
import { openOrders, type Order } from "./orders/orders.js";
import { createProblems } from "./problems.js";
import { reconcileOnce, type Turn } from "./turn/reconcile-once.js";
import type { Reconciler, TurnReport } from "./reconciler.js";
import type { SealedCopy } from "./releases/release.js";
import { createReleaseStore } from "./releases/release-store.js";
import { restoreReleases } from "./releases/restore-releases.js";
import { createRollout } from "./rollout/create-rollout.js";
import type { Rollout } from "./rollout/rollout.js";
import { parseSchedule } from "./loop/schedule.js";
import { createSourceHealth } from "./source-health.js";
import { createTurnLog } from "./loop/turn-log.js";
import { createVerdicts, releaseWithEndpoints, type Inputs } from "./turn/verdicts.js";
import type { VetoPolicy } from "./rollout/veto-policy.js";

/** Everything the loop has effects through. */
export interface ReconcilerDeps {
  readonly repository: GitRepository;
  readonly pipeline: Pipeline;
  readonly server: Pick<AdsServer, "publish" | "onEvent" | "progress" | "envoys">;
  readonly journal: Journal;
  /** Where verdicts are kept. */
  readonly history: JsonFile;
  /** Where is kept what people have told the loop. */
  readonly orders: JsonFile;
  /** Whoever changes them calls `wake("secrets")`. */
  readonly secrets: {
    current(): SecretsNow;
    /** With what encrypted files hold that were kept. Absent: nothing opens them. */
    currentWith?(sealed: readonly SealedCopy[]): Secrets;
  };
  /** Whoever changes them calls `wake("endpoints")`. The same object as long as nothing changed. */
  readonly endpoints: { current(): EndpointsByUpstream };
  readonly attachSecrets: AttachSecrets;
  /** Asked before a commit is put before Envoys. Absent: nobody is. */
  readonly judge?: Judge;
  /** Asked about every commit before it is built. Absent: all are trusted. */
  readonly checkCommits?: CheckCommits;
  readonly clock: Clock;
  /** From 0 up to 1, for the spread of waits. */
  readonly random: () => number;
  /** Is told of every new and every changed record of a commit. */
  readonly onRecord?: (record: CommitRecord, before: CommitRecord | undefined) => void;
  /** Is told of every order that was carried out. */
  readonly onCommand?: (command: Command, order: Order) => void;
}

/** The secrets that config may refer to, as they are at one moment. */
export interface SecretsNow {
  readonly secrets: Secrets;
  readonly problems: readonly { readonly ref: string; readonly message: string }[];
  /** Equal for equal secrets. */
  readonly fingerprint: string;
  /** Finds the keys of encrypted files of a tree. Absent: there are none. */
  readonly unlock?: Unlock;
}

export interface ReconcilerOptions {
  /** When to look at the remote: see {@link parseSchedule}, which throws for what it cannot read. */
  readonly poll: string;
  readonly vetoPolicy: VetoPolicy;
  /** A commit counts as live after this many milliseconds although some Envoys have not answered. */
  readonly ackTimeoutMs: number;
  /** What a commit that `checkCommits` refuses means for those after it. Default: `head`. */
  readonly commitPolicy?: CommitPolicy;
  /** What keeps good commits back. Default: {@link createMassDeletionGuard}, from half of the config on. */
  readonly guards?: readonly Guard[];
  /** Milliseconds without a word after which Envoys have said all they have to say. Default: 250. */
  readonly quietMs?: number;
  /** Between attempts that fail. Default: from 1 s to 60 s. */
  readonly backoff?: BackoffOptions;
}

/** Creates the loop. It does nothing before it is started. */
export function createReconciler(deps: ReconcilerDeps, options: ReconcilerOptions): Reconciler {
  const { clock, random, server, secrets, endpoints, journal, pipeline } = deps;
  const startedAtMs = clock.now();
  const listeners = new Set<(turn: TurnReport) => void>();
  const problems = createProblems();
  const source = createSourceHealth(clock);
  const orders = openOrders(deps.orders);
  const turnLog = createTurnLog();
  let lastTurn: TurnReport | undefined;

  const history: History = openHistory({
    file: deps.history,
    isNeeded: (oid) =>
      [rollout.serving, rollout.proven, ...rollout.beneath].some(
        (release) => release?.commit.oid === oid,
      ) || orders.pin?.commit.oid === oid,
    onRecord: deps.onRecord ?? (() => undefined),
    onWriteFailure: (cause) => {
      problems.set("history", cause === undefined ? undefined : sentenceOf(cause));
    },
  });
  const ledger = createLedger(history, clock);
  const store = createReleaseStore({
    journal,
    onWriteFailure: (cause) => {
      problems.set("journal", cause === undefined ? undefined : sentenceOf(cause));
    },
  });
  const acknowledgements = followAcknowledgements(server, () => rollout.serving);
  const rollout: Rollout = createRollout({
    server,
    store,
    clock,
    policy: options.vetoPolicy,
    ackTimeoutMs: options.ackTimeoutMs,
    quietMs: options.quietMs ?? 250,
    events: followRollout({
      acknowledgements,
      history,
      ledger,
      problems,
      desk: () => desk,
      wake: (reason) => {
        loop.wake(reason);
      },
      report: (commit) => {
        tell({
          result: "refused",
          reason: "veto",
          atMs: clock.now(),
          commit,
          judged: 0,
          durations: {},
          error: undefined,
        });
      },
    }),
  });
  const restored = restoreReleases(
    journal,
    (sealed) => secrets.currentWith?.(sealed) ?? secrets.current().secrets,
    deps.attachSecrets,
  );
  restored.problems.forEach((sentence, index) => {
    problems.set(`restore ${index}`, sentence);
  });
  const [top] = restored.releases;
  const desk: Desk = {
    branch: createBranch(deps.repository, restored.releases.at(-1)?.commit.oid),
    source,
    verdicts: createVerdicts({ repository: deps.repository, pipeline }),
    rollout,
    history,
    ledger,
    problems,
    clock,
    inputs: (): Inputs => {
      const { secrets: now, fingerprint, unlock } = secrets.current();
      const found = { secrets: now, fingerprint, endpoints: endpoints.current() };
      return unlock === undefined ? found : { ...found, unlock };
    },
    judge: deps.judge,
    checkCommits: deps.checkCommits,
    commitPolicy: options.commitPolicy ?? "head",
    judged: new Set(),
    orders,
    guards: options.guards ?? [createMassDeletionGuard({ percent: 50, least: 5 })],
    heldUnder: new Map(),
    refusedInRow: 0,
  };

  const tell = (report: TurnReport): void => {
    for (const listener of listeners) listener(report);
  };

  /** The edge of a turn: whatever happens in it, what is served stays served. */
  const turn = async (request: TurnRequest, signal: AbortSignal, number: number): Promise<Turn> => {
    let made: Turn;
    try {
      made = await oneTurn(request, signal);
    } catch (cause) {
      made = failedTurn(request, cause, clock.now());
      const isBug = !(cause instanceof SourceError);
      if (isBug && !signal.aborted) problems.set("turn", sentenceOf(cause));
    }
    lastTurn = made.report;
    turnLog.add(number, made.report);
    opening.set(nextOpeningOf(history, clock.now()));
    if (!signal.aborted) tell(made.report);
    return made;
  };

  const oneTurn = async (request: TurnRequest, signal: AbortSignal): Promise<Turn> => {
    const current = endpoints.current();
    await rollout.reshape((release) => releaseWithEndpoints(release, current, pipeline));
    const made = await reconcileOnce(desk, request, signal);
    problems.set("turn", undefined);
    return made;
  };

  const opening = createAlarm(clock, () => {
    loop.wake("window");
  });
  const loop = createLoop({
    turn,
    hasSeen: (oid) => history.get(oid) !== undefined,
    schedule: parseSchedule(options.poll),
    clock,
    random,
    backoff: options.backoff ?? { firstMs: 1_000, maxMs: 60_000 },
  });

  return {
    start() {
      ledger.see(restored.releases.map(({ commit }) => commit));
      // What was before Envoys when the process ended, and is not what was saved last.
      for (const { commit, state } of history.list()) {
        const isLost =
          state === "live" && restored.releases.every((one) => one.commit.oid !== commit.oid);
        if (isLost || (state === "publishing" && commit.oid !== top?.commit.oid)) {
          ledger.unjudged(commit);
        }
      }
      rollout.restore(restored.releases);
      if (top !== undefined && rollout.proven === top) ledger.live(top, undefined);
      loop.wake("start");
      return Promise.resolve();
    },
    wake: (reason, wakeOptions) => loop.wake(reason, wakeOptions),
    turn: (number) => turnLog.get(number),
    async command(command, order) {
      const refusal = await giveOrder({ orders, history, head: desk.branch.head }, command, order);
      if (refusal !== undefined) return refusal;
      deps.onCommand?.(command, order);
      return { turn: loop.wake("order") };
    },
    status: () => ({
      state: loop.state,
      startedAtMs,
      turns: loop.turns,
      lastTurn,
      nextTurnAtMs: loop.nextTurnAtMs,
      source: {
        head: desk.branch.head,
        lastOkAtMs: source.lastOkAtMs,
        error: source.trouble,
      },
      orders: { pin: orders.pin, suspension: orders.suspension },
      problems: [
        ...problems.list(),
        ...desk.branch.remarks,
        ...secrets
          .current()
          .problems.map(({ ref, message }) =>
            ref === "" ? message : `secret "${ref}": ${message}`,
          ),
      ],
    }),
    commits: () => history.list(),
    serving() {
      const release = rollout.serving;
      const record = release && history.get(release.commit.oid);
      if (release === undefined || record === undefined) return undefined;
      const isRestored = top !== undefined && source.lastOkAtMs === undefined;
      const build = release.made?.build;
      return {
        snapshot: release.snapshot,
        commit: record,
        restored: isRestored,
        ...(build !== undefined && { build }),
      };
    },
    onTurn(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      acknowledgements.close();
      await loop.close();
      opening.set(undefined);
      await rollout.close();
    },
  };
}

/** When the first of the commits that wait for a time may go live. */
function nextOpeningOf(history: History, nowMs: number): number | undefined {
  const ends = history.list().flatMap(({ hold }) => hold?.untilMs ?? []);
  // What should be over and is not waits for something else, such as the remote.
  const times = ends.filter((atMs) => atMs > nowMs);
  return times.length === 0 ? undefined : Math.min(...times);
}
