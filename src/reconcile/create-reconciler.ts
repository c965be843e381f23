import { SourceError } from "../source/source-error.js";
import { createBranch } from "./branch.js";
import { openHistory, type History } from "./commits/history.js";
import { createLedger } from "./commits/ledger.js";
import { resumeCommits } from "./commits/resume-commits.js";
import { followRollout } from "./follow-rollout.js";
import { createMassDeletionGuard } from "./guards/mass-deletion.js";
import { createAlarm } from "./loop/alarm.js";

import { createLoop } from "./loop/loop.js";
import { parseSchedule } from "./loop/schedule.js";
import { createTurnLog } from "./loop/turn-log.js";
import { giveOrder } from "./orders/give-orders.js";
import { openOrders } from "./orders/orders.js";
import { createProblems } from "./problems.js";
import type { ReconcilerDeps, ReconcilerOptions } from "./reconciler-deps.js";
import type { Reconciler, TurnReport } from "./reconciler.js";
import { releaseWithEndpoints } from "./releases/make-release.js";
import { createReleaseStore } from "./releases/release-store.js";
import { restoreReleases } from "./releases/restore-releases.js";
import { followAcknowledgements } from "./rollout/acknowledgements.js";
import { createRollout } from "./rollout/create-rollout.js";
import type { Rollout } from "./rollout/rollout.js";
import { createSourceHealth } from "./source-health.js";
import type { Desk, TurnRequest } from "./turn/desk.js";
import { failedTurn, sentenceOf } from "./turn/failed-turn.js";
import { nextOpeningOf } from "./turn/next-opening.js";
import { reconcileOnce, type Turn } from "./turn/reconcile-once.js";
import { createVerdicts, type Inputs } from "./turn/verdicts.js";

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
  const acknowledgements = followAcknowledgements({
    server,
    clock,
    serving: () => rollout.serving,
    note: (commit, by) => {
      ledger.acknowledged(commit, by);
    },
  });
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
    history.retry();
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
      resumeCommits(ledger, history, restored.releases);
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
