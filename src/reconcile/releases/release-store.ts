import { contentHash } from "../../lib/content-hash.js";
import { configVersionOf } from "../../snapshot/snapshot-id.js";
import type { Journal } from "../../state/journal.js";
import { withoutSecrets, type StoredSnapshot } from "../../state/snapshot-delta.js";
import { metaOf, type Release } from "./release.js";

/** Releases on disk: what is served on top, and beneath it what would be gone back to. */
export interface ReleaseStore {
  /**
   * Makes sure that a restart finds these releases, the first of them as it is and those beneath it in
   * the form in which they were on top, and nothing of them that is secret. Resolves with why that
   * could not be written.
   */
  save(stack: Stack): Promise<unknown>;
  /** Gives back space that the disk need not take. For moments without hurry. */
  tidy(): Promise<void>;
  /** What was to be saved last is not on disk. */
  readonly isBehind: boolean;
}

/** Newest first: what is served, and what would be gone back to. */
export type Stack = readonly [top: Release, ...beneath: readonly Release[]];

export interface ReleaseStoreOptions {
  readonly journal: Journal;
  /** Is told why it could not be written, and (undefined) when it could again. */
  readonly onWriteFailure: (cause: unknown) => void;
}

/** Creates the store over a journal that was opened. */
export function createReleaseStore({ journal, onWriteFailure }: ReleaseStoreOptions): ReleaseStore {
  let slots: readonly Slot[] = journal.restored.map(slotOf);
  let isBehind = false;

  const attempt = async (work: () => Promise<void>): Promise<unknown> => {
    try {
      await work();
      onWriteFailure(undefined);
      return undefined;
    } catch (cause) {
      onWriteFailure(cause);
      return cause;
    }
  };

  const keep = async (kept: readonly number[]): Promise<void> => {
    if (kept.length === slots.length) return;
    await journal.keep(kept);
    slots = kept.flatMap((index) => slots[index] ?? []);
  };

  const has = (release: Release): boolean => {
    const { name } = slotOf(entryOf(release));
    return slots.some((slot) => slot.name === name);
  };

  /** Brings the journal to hold these, in steps that are each good to restart from. */
  const arrange = async ([release, ...beneath]: Stack): Promise<void> => {
    const [next, ...deeper] = beneath;
    if (next !== undefined && !has(next)) await arrange([next, ...deeper]);
    const entry = entryOf(release);
    const top = slotOf(entry);
    const names = new Set(beneath.map((one) => slotOf(entryOf(one)).name));
    // One commit with other secrets is one entry: secrets are not on disk.
    names.delete(top.name);
    const lower = (): readonly number[] =>
      [...slots.keys()].filter((index) => names.has(slots[index]?.name ?? ""));
    const [first = slots.length] = lower();
    if (first === 0) {
      await keep(lower());
      await journal.push(entry);
      slots = [top, ...slots];
      return;
    }
    const found = slots.findIndex(({ name }) => name === top.name);
    if (found > 0 && found < first) await keep([found, ...lower()]);
    if (slots[0]?.key !== top.key) {
      await journal.replace(entry);
      slots = [top, ...slots.slice(1)];
    }
    await keep([0, ...lower()]);
  };

  return {
    async save(stack) {
      const wanted = stack.map((release) => slotOf(entryOf(release)));
      const names = new Set(wanted.map(({ name }) => name));
      const isThere =
        slots[0]?.key === wanted[0]?.key &&
        slots.length === names.size &&
        slots.every(({ name }) => names.has(name));
      const error = isThere ? undefined : await attempt(() => arrange(stack));
      isBehind = error !== undefined;
      return error;
    },
    async tidy() {
      if (!isBehind) await attempt(() => journal.tidy());
    },
    get isBehind() {
      return isBehind;
    },
  };
}

/** An entry of the journal. */
interface Slot {
  /** Of the release, in whatever form: other secrets and other endpoints do not change it. */
  readonly name: string;
  /** Equal for entries that a restart makes the same of. */
  readonly key: string;
}

function entryOf(release: Release): StoredSnapshot {
  return withoutSecrets(release.snapshot, metaOf(release));
}

function slotOf({ snapshot, meta, secretNames }: StoredSnapshot): Slot {
  const name = contentHash(snapshot.commit, String(meta["isCanary"]), configVersionOf(snapshot));
  const sets = [...snapshot.roles.values(), snapshot.fallback].map(({ role, sets: of }) => [
    role,
    [...of].map(([typeUrl, { version }]) => [typeUrl, version]),
  ]);
  return { name, key: contentHash(JSON.stringify([sets, meta, [...secretNames]])) };
}
