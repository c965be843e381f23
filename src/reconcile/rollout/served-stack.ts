import { dropOldest } from "../../lib/drop-oldest.js";
import type { Exchange } from "../../serve/serve-events.js";
import { hasVersion, isSameToEnvoys, type Release } from "../releases/release.js";
import type { Trial } from "./trial.js";

/** What is served, and beneath it what would be gone back to. */
export interface ServedStack {
  readonly serving: Release | undefined;
  /** The last one that Envoys have proven. */
  readonly proven: Release | undefined;
  /** Newest first. */
  readonly beneath: readonly Release[];
  /** This takes the place of what is served; `beneath` takes the place of what was beneath that. */
  put(serving: Release, beneath?: readonly Release[]): void;
  /** Nothing is left to go back to. */
  clearBeneath(): void;
  /** Envoys have proven it: nothing before it is gone back to. */
  prove(release: Release): void;
  /** What was on disk, newest first. Gives whether the first of them has yet to prove itself. */
  restore(releases: readonly [Release, ...(readonly Release[])]): boolean;
  /** What is to be gone back to from a release that takes the place of what is served, on trial or not. */
  beneathNext(trial: Trial | undefined): readonly Release[];
  /** Gives another form to what is proven and to what is beneath. Gives the one of what is served. */
  reform(change: (release: Release) => Release): (release: Release) => Release;
  /** Another form of what is served takes its place, also as what is proven. */
  replace(before: Release, next: Release): void;
  /** Whether what an exchange is about is also what the proven release has. */
  isProven(exchange: Exchange): boolean;
}

/** Releases that nobody has proven, kept to go back to at most. */
const maxUnproven = 3;
/** Forms of what is proven whose answers are still told from others. */
const maxProvenIds = 100;

/** Starts with nothing to serve. */
export function createServedStack(): ServedStack {
  let serving: Release | undefined;
  let proven: Release | undefined;
  let beneath: readonly Release[] = [];
  /** Snapshots that the proven release was served as. */
  let provenIds = new Set<string>();

  const addForm = (release: Release): void => {
    proven = release;
    provenIds.add(release.snapshot.id);
    dropOldest(provenIds, maxProvenIds);
  };
  const prove = (release: Release): void => {
    proven = release;
    provenIds = new Set([release.snapshot.id]);
  };

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
    put(release, under = beneath) {
      serving = release;
      beneath = under;
    },
    clearBeneath() {
      beneath = [];
    },
    prove(release) {
      prove(release);
      beneath = [];
    },
    restore([top, ...rest]) {
      const last = rest.at(-1) ?? top;
      serving = top;
      beneath = rest;
      // A canary by itself has been tried by one role only.
      if (last !== top || !top.isCanary) prove(last);
      if (last === top || !isSameToEnvoys(top, last)) return last !== top;
      if (!top.isCanary) {
        prove(top);
        beneath = [];
      }
      return false;
    },
    beneathNext(trial) {
      if (serving === undefined) return beneath;
      const isOpen = trial !== undefined && !trial.isDecided;
      // What nobody has answered to is better than nothing.
      const isGood = serving === proven || (isOpen && (trial.isLive || beneath.length === 0));
      if (!isGood) return beneath;
      const all = [serving, ...beneath];
      const unproven = all.filter((release) => release !== proven);
      return [...unproven.slice(0, maxUnproven), ...all.filter((release) => release === proven)];
    },
    reform(change) {
      const [good, next] = [proven, proven && change(proven)];
      if (next !== undefined) addForm(next);
      const reformed = (release: Release): Release =>
        release === good && next !== undefined ? next : change(release);
      beneath = beneath.map(reformed);
      return reformed;
    },
    replace(before, next) {
      serving = next;
      if (proven === before) addForm(next);
    },
    isProven: ({ envoy, typeUrl, version, snapshotId }) =>
      provenIds.has(snapshotId) ||
      (proven !== undefined && hasVersion(proven, { envoy, typeUrl, version })),
  };
}
