import type { Clock } from "../../lib/clock.js";
import type { AdsServer } from "../../serve/ads-server.js";
import type { Exchange, ServeEvent } from "../../serve/serve-events.js";
import { canaryOf } from "../releases/canary.js";
import type { Durations, Refusal } from "../commits/commit-record.js";
import { countVotes } from "./fleet-votes.js";
import type { ReleaseStore } from "../releases/release-store.js";
import { hasVersion, type Release } from "../releases/release.js";
import { createSickEnvoys } from "./sick-envoys.js";
import type { RolloutEvents } from "./rollout-events.js";
import {
  ackDurations,
  answerKey,
  createTrial,
  minorityOf,
  refusalOf,
  type Nack,
  type Trial,
} from "./trial.js";
import { isVetoed, type VetoPolicy } from "./veto-policy.js";

/**
 * Puts releases before Envoys, watches what they say, and takes back what they refuse. It knows the
 * release that is served, and those that it goes back to.
 */
export interface Rollout {
  readonly serving: Release | undefined;
  /** The last one that Envoys have proven. */
  readonly proven: Release | undefined;
  /**
   * What would be gone back to, newest first: those that were live after the proven one, before anybody
   * could prove or refuse them, and at the end the proven one, unless that is served.
   */
  readonly beneath: readonly Release[];
  /** Serves what was on disk, newest first, without writing it again. The last counts as proven. */
  restore(releases: readonly Release[]): void;
  /** Puts a release before Envoys, when it is safe on disk. What was on trial is superseded. */
  offer(release: Release, options?: OfferOptions): Promise<Offered>;
  /**
   * Gives another form to what is served and to what would be gone back to, such as other endpoints:
   * without a trial, and also if it cannot be written to disk. Writes what could not be written before.
   */
  reshape(change: (release: Release) => Release): Promise<Offered>;
  /** Serves no more releases; waits for what is being written. */
  close(): Promise<void>;
}

export interface OfferOptions {
  /** Publish even if it could not be written to disk. Default: false. */
  readonly evenUnsaved?: boolean;
}

/** What came of an offer. */
export interface Offered {
  readonly isPublished: boolean;
  /** Why it could not be written to the state directory; undefined: it was. */
  readonly error: unknown;
  readonly durations: Durations;
}

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

/** Releases that nobody has proven, kept to go back to at most. */
const maxUnproven = 3;

/** Starts with nothing to serve. */
export function createRollout(options: RolloutOptions): Rollout {
  const { server, store, clock, policy, ackTimeoutMs, quietMs, events } = options;
  const sick = createSickEnvoys();
  let serving: Release | undefined;
  let proven: Release | undefined;
  /** Snapshots that the proven release was served as. */
  let provenIds = new Set<string>();
  let beneath: readonly Release[] = [];
  let trial: Trial | undefined;
  let takenBack: TakenBack | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let lastEventAtMs = 0;
  let cancelCheck: (() => void) | undefined;
  let cancelTimeout: (() => void) | undefined;
  let closed = false;

  /** One change of what is served at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work);
    queue = done.catch(() => undefined); // the caller has the error
    return done;
  };

  const serve = (release: Release): void => {
    serving = release;
    server.publish(release.snapshot);
  };

  const cancelTimers = (): void => {
    cancelCheck?.();
    cancelTimeout?.();
    cancelCheck = cancelTimeout = undefined;
  };

  const endTrial = (): void => {
    cancelTimers();
    trial = undefined;
  };

  /** Puts a release on trial that is new to Envoys. */
  const begin = (release: Release, remark?: string): void => {
    const before = trial;
    endTrial();
    if (before !== undefined && !before.isDecided && !before.isLive) {
      const old = wholeOf(before.release);
      if (old.commit.oid !== release.commit.oid) events.onSuperseded(old);
    }
    events.onPublishing(wholeOf(release));
    const started = createTrial(release, { remark });
    tryOut(started);
    // What an Envoy has refused already, and is not sent again because it is the same.
    const standing = before === undefined ? [] : [...before.against.values()];
    for (const nack of standing) if (started.isAbout(nack)) takeNack(nack);
  };

  /** Serves a release on trial. */
  const tryOut = (started: Trial): void => {
    const { release } = (trial = started);
    serve(release);
    cancelTimeout = clock.after(ackTimeoutMs, timeOut);
    const isNobodyThere = server.progress().streams === 0 && !started.isWaiting();
    if (isNobodyThere || sameSnapshot(release, proven)) accept(started);
    else checkSoon();
  };

  /** Forgets on disk what is not needed any more. Failing to costs space, and a restart more steps. */
  const forget = async (): Promise<void> => {
    if (serving === undefined || store.isBehind) return;
    await store.save([serving, ...beneath]);
    await store.tidy();
  };

  /** What is to be gone back to from a release that takes the place of what is served. */
  const beneathNext = (): readonly Release[] => {
    if (serving === undefined) return beneath;
    const isOpen = trial !== undefined && !trial.isDecided;
    // What nobody has answered to is better than nothing.
    const isGood = serving === proven || (isOpen && (trial?.isLive || beneath.length === 0));
    if (!isGood) return beneath;
    const all = [serving, ...beneath];
    const unproven = all.filter((release) => release !== proven);
    return [...unproven.slice(0, maxUnproven), ...all.filter((release) => release === proven)];
  };

  const checkSoon = (): void => {
    lastEventAtMs = clock.now();
    cancelCheck ??= clock.after(quietMs, check);
  };

  /** Looks whether all have answered, when nothing was said for a while. */
  const check = (): void => {
    cancelCheck = undefined;
    if (trial === undefined || trial.isDecided) return;
    const leftMs = lastEventAtMs + quietMs - clock.now();
    if (leftMs > 0) {
      cancelCheck = clock.after(leftMs, check);
      return;
    }
    const { streams, current, rejecting } = server.progress();
    // Those who left may come back and say no: until the timeout they are waited for.
    const isAwaited = trial.lost.size > 0 && !trial.isLive;
    if (trial.isWaiting() || isAwaited || current + rejecting < streams) return;
    accept(trial);
  };

  const timeOut = (): void => {
    cancelTimeout = undefined;
    if (trial === undefined || trial.isDecided || trial.isLive) return;
    const { streams, current, rejecting } = server.progress();
    const silent = Math.max(0, streams - current - rejecting);
    const within = `within ${Math.round(ackTimeoutMs / 1000)} s`;
    const isTaken = trial.lastAckAtMs !== undefined;
    const isSpurned = trial.release.isCanary && hasCanaries();
    if (!isTaken && (isSpurned || trial.lost.size > 0)) {
      const [nodeId = ""] = trial.lost;
      const message = isSpurned
        ? `no Envoy of the canary role has taken it ${within}`
        : `Envoys went away when they were sent it, and none has taken it ${within}`;
      refuse(trial, [{ nodeId, role: "", typeUrl: "", message, atMs: clock.now() }]);
      return;
    }
    const missing = silent + trial.lost.size;
    accept(trial, missing === 0 ? undefined : `${missing} Envoys have not answered ${within}`);
  };

  const hasCanaries = (): boolean =>
    policy.kind === "canary" && server.envoys().some(({ envoy }) => envoy.role === policy.role);

  const accept = (accepted: Trial, reason?: string): void => {
    const { release } = accepted;
    const isTaken = accepted.lastAckAtMs !== undefined || sameSnapshot(release, proven);
    if (release.isCanary) {
      // Restored in the middle of its way, it goes on when its commit has been read again.
      if (release.whole === undefined) return;
      accepted.isDecided = true;
      const remark = isTaken ? undefined : "no Envoy of the canary role was there to try it";
      void inTurn(() => promote(release, release.whole, remark));
      return;
    }
    if (!accepted.isLive) {
      accepted.isLive = true;
      const said = reason ?? accepted.remark ?? minorityOf(accepted);
      events.onLive(release, said);
    }
    // Nobody was there who could have refused it: it stays on trial until somebody is.
    if (!isTaken) return;
    accepted.isDecided = true;
    proven = release;
    provenIds = new Set([release.snapshot.id]);
    beneath = [];
    for (const nack of accepted.against.values()) sick.add(nack);
    endTrial();
    takenBack = undefined;
    void inTurn(forget);
    events.onProven(release, ackDurations(accepted));
  };

  /** The canary role has taken it: now for all others. */
  const promote = async (
    canary: Release,
    whole: Release | undefined,
    remark: string | undefined,
  ): Promise<void> => {
    if (closed || serving !== canary || whole === undefined) return;
    // Also if it cannot be written: no role may stay ahead of the others because of a full disk.
    await store.save([whole, ...beneath]);
    begin(whole, remark);
  };

  const refuse = (refused: Trial, refusals: readonly Refusal[]): void => {
    refused.isDecided = true;
    const release = wholeOf(refused.release);
    takenBack = { trial: refused, release, open: new Set(refused.against.keys()) };
    events.onRefused(release, refusals);
    void inTurn(() => goBack(refused));
  };

  const goBack = async (refused: Trial): Promise<void> => {
    // Something newer may be before Envoys by now: that is tried in its own right.
    if (closed || trial !== refused) return;
    // What is the same to Envoys is refused with it.
    const [before, ...deeper] = beneath.filter((one) => !sameSnapshot(one, refused.release));
    if (before === undefined) {
      // It stays the trial there is, for what its Envoys refuse counts for what comes next too.
      beneath = [];
      cancelTimers();
      await forget();
      events.onNothingBefore(wholeOf(refused.release));
      return;
    }
    // Also if it cannot be written: after a crash the refused release would be refused once more.
    await store.save([before, ...deeper]);
    beneath = deeper;
    endTrial();
    if (before === proven) serve(before);
    else tryOut(createTrial(before, { isLive: true }));
    events.onWentBack(before);
  };

  /** With policy canary: the release by which the canary role gets it, and others keep the first of these. */
  const canaryOver = ([before]: readonly Release[], whole: Release): Release | undefined =>
    policy.kind === "canary" && before !== undefined
      ? canaryOf(whole, before, policy.role)
      : undefined;

  /** Whether what an exchange is about is also what the proven release has. */
  const isProven = ({ envoy, typeUrl, version, snapshotId }: Exchange): boolean =>
    provenIds.has(snapshotId) ||
    (proven !== undefined && hasVersion(proven, { envoy, typeUrl, version }));

  const takeNack = (nack: Nack): void => {
    const atMs = clock.now();
    if (isProven(nack)) {
      sick.add(nack);
      voidRefusal(nack);
    } else if (trial?.isAbout(nack) === true && !trial.isDecided) {
      if (sick.has(nack)) return;
      trial.refuse(nack, atMs);
      const nacks = [...trial.against.values()];
      const votes = countVotes(nacks, server.envoys(), sick);
      if (isVetoed(policy, votes)) refuse(trial, [...trial.refusals]);
    } else if (takenBack?.trial.isAbout(nack) === true && !sick.has(nack)) {
      takenBack.open.add(answerKey(nack));
      events.onRefusal(takenBack.release, refusalOf(nack, atMs));
    }
  };

  /** An Envoy that refuses the good release as well has not said that the other one is bad. */
  const voidRefusal = (nack: Nack): void => {
    if (takenBack === undefined || trial === takenBack.trial) return;
    if (!takenBack.open.delete(answerKey(nack)) || takenBack.open.size > 0) return;
    const { release } = takenBack;
    takenBack = undefined;
    events.onRefusalVoid(release);
  };

  const stopListening = server.onEvent((event: ServeEvent) => {
    if (event.kind === "nack") takeNack(event);
    sick.take(event);
    if (trial === undefined) return;
    trial.take(event, clock.now());
    if (!trial.isDecided) checkSoon();
  });

  return {
    get serving() {
      return serving;
    },
    get proven() {
      return proven;
    },
    get beneath() {
      return beneath;
    },
    restore(releases) {
      const [top, ...rest] = releases;
      if (top === undefined) return;
      const last = rest.at(-1);
      beneath = rest;
      if (last !== undefined || !top.isCanary) {
        proven = last ?? top;
        provenIds = new Set([proven.snapshot.id]);
      }
      if (last === undefined || sameSnapshot(top, last)) serve(top);
      else begin(top);
    },
    offer: (release, { evenUnsaved = false } = {}) =>
      inTurn(async () => {
        const startedMs = clock.now();
        let under: readonly Release[];
        let first: Release;
        let error: unknown;
        do {
          under = beneathNext();
          first = canaryOver(under, release) ?? release;
          error = await store.save([first, ...under]);
          // What is served may have been proven or refused meanwhile.
        } while (error === undefined && !isSameStack(under, beneathNext()));
        const savedMs = clock.now();
        const persist = savedMs - startedMs;
        if (closed || (error !== undefined && !evenUnsaved)) {
          return { isPublished: false, error, durations: { persist } };
        }
        beneath = beneathNext();
        begin(first);
        return { isPublished: true, error, durations: { persist, publish: clock.now() - savedMs } };
      }),
    reshape: (change) =>
      inTurn(async () => {
        const before = serving;
        if (before === undefined || closed) {
          return { isPublished: false, error: undefined, durations: {} };
        }
        const good = proven;
        if (good !== undefined) {
          proven = change(good);
          provenIds.add(proven.snapshot.id);
        }
        const reshaped = (release: Release): Release =>
          release === good && proven !== undefined ? proven : change(release);
        beneath = beneath.map(reshaped);
        const whole = reshaped(wholeOf(before));
        const next = (before.isCanary ? canaryOver(beneath, whole) : undefined) ?? whole;
        if (next === before && !store.isBehind) {
          return { isPublished: false, error: undefined, durations: {} };
        }
        const startedMs = clock.now();
        const error = await store.save([next, ...beneath]);
        const persist = clock.now() - startedMs;
        if (trial !== undefined && trial.release === before) trial.release = next;
        serve(next);
        return { isPublished: true, error, durations: { persist } };
      }),
    async close() {
      closed = true;
      stopListening();
      endTrial();
      await queue;
    },
  };
}

/** A release that was refused and taken back. */
interface TakenBack {
  readonly trial: Trial;
  readonly release: Release;
  /** Who refused it, and has not refused what came in its place. */
  readonly open: Set<string>;
}

function isSameStack(left: readonly Release[], right: readonly Release[]): boolean {
  return left.length === right.length && left.every((release, index) => release === right[index]);
}

function wholeOf(release: Release): Release {
  return release.whole ?? release;
}

function sameSnapshot(left: Release, right: Release | undefined): boolean {
  return left.snapshot.id === right?.snapshot.id;
}
