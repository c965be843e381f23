import type { Clock } from "../../lib/clock.js";
import { createWorkQueue } from "../../lib/work-queue.js";
import type { AdsServer } from "../../serve/ads-server.js";
import type { Refusal } from "../commits/commit-record.js";
import { canaryOf } from "../releases/canary.js";
import type { ReleaseStore } from "../releases/release-store.js";
import { isSameToEnvoys, wholeOf, type Release } from "../releases/release.js";
import { countVotes } from "./fleet-votes.js";
import type { RolloutEvents } from "./rollout-events.js";
import type { OfferOptions, Offered, Rollout } from "./rollout.js";
import { createServedStack } from "./served-stack.js";
import { createSickEnvoys } from "./sick-envoys.js";
import { readSilence } from "./silence.js";
import { createTakenBack } from "./taken-back.js";
import { createTrialTimers } from "./trial-timers.js";
import {
  ackDurations,
  createTrial,
  minorityOf,
  refusalOf,
  type Nack,
  type Trial,
} from "./trial.js";
import { isVetoed, type VetoPolicy } from "./veto-policy.js";

export interface RolloutOptions {
  readonly server: Pick<AdsServer, "publish" | "onEvent" | "progress" | "envoys">;
  readonly store: ReleaseStore;
  readonly clock: Clock;
  readonly policy: VetoPolicy;
  /** A release counts as live after this many milliseconds although some Envoys have not answered. */
  readonly ackTimeoutMs: number;
  /**
   * Envoys have taken a release when all have answered and none has said anything for this many
   * milliseconds: an Envoy asks for routes only after it was sent a new listener.
   */
  readonly quietMs: number;
  readonly events: RolloutEvents;
}

/** Starts with nothing to serve. */
export function createRollout(options: RolloutOptions): Rollout {
  const { server, store, clock, policy, ackTimeoutMs, quietMs, events } = options;
  const sick = createSickEnvoys();
  const stack = createServedStack();
  const takenBack = createTakenBack();
  /** One change of what is served at a time. */
  const changes = createWorkQueue();
  let trial: Trial | undefined;
  let isClosed = false;

  const endTrial = (): void => {
    timers.stop();
    trial = undefined;
  };

  /** Puts a release on trial that is new to Envoys. */
  const begin = (release: Release, beneath: readonly Release[], remark?: string): void => {
    const before = trial;
    endTrial();
    if (before !== undefined && !before.isDecided && !before.isLive) {
      const old = wholeOf(before.release);
      if (old.commit.oid !== release.commit.oid) events.onSuperseded(old);
    }
    events.onPublishing(wholeOf(release));
    const started = createTrial(release, { remark });
    tryOut(started, beneath);
    // What an Envoy has refused already, and is not sent again because it is the same.
    const standing = before === undefined ? [] : [...before.against.values()];
    for (const nack of standing) if (started.isAbout(nack)) takeNack(nack);
  };

  /** Serves a release on trial. */
  const tryOut = (started: Trial, beneath: readonly Release[]): void => {
    const { release } = (trial = started);
    stack.put(release, beneath);
    server.publish(release.snapshot);
    timers.start();
    const isNobodyThere = server.progress().streams === 0 && !started.isWaiting();
    if (isNobodyThere || isSameToEnvoys(release, stack.proven)) accept(started);
    else timers.stir();
  };

  const timers = createTrialTimers({
    clock,
    quietMs,
    ackTimeoutMs,
    onQuiet() {
      if (trial === undefined || trial.isDecided) return;
      const { streams, current, rejecting } = server.progress();
      // Those who left may come back and say no: until the timeout they are waited for.
      const isAwaited = trial.lost.size > 0 && !trial.isLive;
      if (trial.isWaiting() || isAwaited || current + rejecting < streams) return;
      accept(trial);
    },
    onTimeout() {
      if (trial === undefined || trial.isDecided || trial.isLive) return;
      const spurns = trial.release.isCanary && hasCanaries();
      const silence = readSilence(trial, server.progress(), { spurns, ackTimeoutMs });
      if (silence.kind === "consent") accept(trial, silence.remark);
      else {
        const { nodeId, message } = silence;
        refuse(trial, [{ nodeId, role: "", typeUrl: "", message, atMs: clock.now() }]);
      }
    },
  });

  const hasCanaries = (): boolean =>
    policy.kind === "canary" && server.envoys().some(({ envoy }) => envoy.role === policy.role);

  const accept = (accepted: Trial, reason?: string): void => {
    const { release } = accepted;
    const isTaken = accepted.lastAckAtMs !== undefined || isSameToEnvoys(release, stack.proven);
    if (release.isCanary) {
      // Restored in the middle of its way, it goes on when its commit has been read again.
      if (release.whole === undefined) return;
      accepted.isDecided = true;
      const remark = isTaken ? undefined : "no Envoy of the canary role was there to try it";
      void changes.run(() => promote(accepted, remark));
      return;
    }
    if (!accepted.isLive) {
      accepted.isLive = true;
      events.onLive(release, reason ?? accepted.remark ?? minorityOf(accepted));
    }
    // Nobody was there who could have refused it: it stays on trial until somebody is.
    if (!isTaken) return;
    accepted.isDecided = true;
    stack.prove(release);
    for (const nack of accepted.against.values()) sick.add(nack);
    endTrial();
    takenBack.clear();
    void changes.run(forget);
    events.onProven(release, ackDurations(accepted));
  };

  /** Forgets on disk what is not needed any more. Failing to costs space, and a restart more steps. */
  const forget = async (): Promise<void> => {
    const { serving, beneath } = stack;
    if (serving === undefined || store.isBehind) return;
    await store.save([serving, ...beneath]);
    await store.tidy();
  };

  /** The canary role has taken it: all others come next. */
  const promote = async (canary: Trial, remark: string | undefined): Promise<void> => {
    const isStill = (): boolean => !isClosed && trial === canary;
    if (!isStill()) return;
    // Also if it cannot be written: no role may stay ahead of the others because of a full disk.
    await store.save([wholeOf(canary.release), ...stack.beneath]);
    if (isStill()) begin(wholeOf(canary.release), stack.beneath, remark);
  };

  const refuse = (refused: Trial, refusals: readonly Refusal[]): void => {
    refused.isDecided = true;
    takenBack.set(refused);
    events.onRefused(wholeOf(refused.release), refusals);
    void changes.run(() => goBack(refused));
  };

  const goBack = async (refused: Trial): Promise<void> => {
    // Something newer may be before Envoys by then: that is tried in its own right.
    const isStill = (): boolean => !isClosed && trial === refused;
    if (!isStill()) return;
    // What is the same to Envoys is refused with it.
    const [before, ...deeper] = stack.beneath.filter(
      (one) => !isSameToEnvoys(one, refused.release),
    );
    if (before === undefined) {
      // It stays the trial there is, for what its Envoys refuse counts for what comes next too.
      stack.clearBeneath();
      timers.stop();
      await forget();
      events.onNothingBefore(wholeOf(refused.release));
      return;
    }
    // Also if it cannot be written: after a crash the refused release would be refused once more.
    await store.save([before, ...deeper]);
    if (!isStill()) return;
    endTrial();
    if (before === stack.proven) {
      stack.put(before, deeper);
      server.publish(before.snapshot);
    } else tryOut(createTrial(before, { isLive: true }), deeper);
    events.onWentBack(before);
  };

  /** With policy canary: the release by which the canary role gets it, and others keep the first of these. */
  const canaryOver = ([before]: readonly Release[], whole: Release): Release | undefined =>
    policy.kind === "canary" && before !== undefined
      ? canaryOf(whole, before, policy.role)
      : undefined;

  const takeNack = (nack: Nack): void => {
    const atMs = clock.now();
    if (stack.isProven(nack)) {
      sick.add(nack);
      const innocent = takenBack.doubt(nack, trial);
      if (innocent !== undefined) events.onRefusalVoid(innocent);
      return;
    }
    if (sick.has(nack)) return;
    if (trial?.isAbout(nack) === true && !trial.isDecided) {
      trial.refuse(nack, atMs);
      const votes = countVotes([...trial.against.values()], server.envoys(), sick);
      if (isVetoed(policy, votes)) refuse(trial, [...trial.refusals]);
      return;
    }
    const refused = takenBack.refusedBy(nack);
    if (refused !== undefined) events.onRefusal(refused, refusalOf(nack, atMs));
  };

  const stopListening = server.onEvent((event) => {
    if (event.kind === "nack") takeNack(event);
    sick.take(event);
    if (trial === undefined) return;
    trial.take(event, clock.now());
    if (!trial.isDecided) timers.stir();
  });

  const offer = async (release: Release, evenUnsaved: boolean): Promise<Offered> => {
    const startedMs = clock.now();
    let under: readonly Release[];
    let first: Release;
    let error: unknown;
    do {
      under = stack.beneathNext(trial);
      first = canaryOver(under, release) ?? release;
      error = await store.save([first, ...under]);
      // What is served may have been proven or refused meanwhile.
    } while (error === undefined && !isSameStack(under, stack.beneathNext(trial)));
    const savedMs = clock.now();
    const persist = savedMs - startedMs;
    if (isClosed || (error !== undefined && !evenUnsaved)) {
      return { isPublished: false, error, durations: { persist } };
    }
    begin(first, stack.beneathNext(trial));
    return { isPublished: true, error, durations: { persist, publish: clock.now() - savedMs } };
  };

  const reshape = async (change: (release: Release) => Release): Promise<Offered> => {
    const before = stack.serving;
    if (before === undefined || isClosed) return notPublished;
    const changed = stack.reform(change);
    const whole = changed(wholeOf(before));
    const next = (before.isCanary ? canaryOver(stack.beneath, whole) : undefined) ?? whole;
    if (next === before && !store.isBehind) return notPublished;
    const startedMs = clock.now();
    const error = await store.save([next, ...stack.beneath]);
    const durations = { persist: clock.now() - startedMs };
    if (isClosed) return { isPublished: false, error, durations };
    // Envoys may have taken it meanwhile: then it is the new form that is proven.
    stack.replace(before, next);
    if (trial?.release === before) trial.release = next;
    server.publish(next.snapshot);
    return { isPublished: true, error, durations };
  };

  return {
    get serving() {
      return stack.serving;
    },
    get proven() {
      return stack.proven;
    },
    get beneath() {
      return stack.beneath;
    },
    restore([top, ...rest]) {
      if (top === undefined) return;
      if (stack.restore([top, ...rest])) begin(top, rest);
      else server.publish(top.snapshot);
    },
    offer: (release, { evenUnsaved = false }: OfferOptions = {}) =>
      changes.run(() => offer(release, evenUnsaved)),
    reshape: (change) => changes.run(() => reshape(change)),
    async close() {
      isClosed = true;
      stopListening();
      endTrial();
      await changes.idle();
    },
  };
}

const notPublished: Offered = { isPublished: false, error: undefined, durations: {} };

function isSameStack(left: readonly Release[], right: readonly Release[]): boolean {
  return left.length === right.length && left.every((release, index) => release === right[index]);
}
