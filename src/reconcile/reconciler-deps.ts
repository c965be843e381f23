import type { BackoffOptions } from "../lib/backoff.js";
import type { Clock } from "../lib/clock.js";
import type { EndpointsByUpstream } from "../model/endpoints.js";
import type { Secrets } from "../model/secret.js";
import type { Pipeline, Unlock } from "../pipeline.js";
import type { AdsServer } from "../serve/ads-server.js";
import type { AttachSecrets } from "../snapshot/attach-secrets.js";
import type { GitRepository } from "../source/git-repository.js";
import type { Journal } from "../state/journal.js";
import type { JsonFile } from "../state/json-file.js";
import type { CommitRecord } from "./commits/commit-record.js";
import type { Guard } from "./guards/guard.js";
import type { Command } from "./orders/give-orders.js";
import type { Order } from "./orders/orders.js";
import type { SealedCopy } from "./releases/release.js";
import type { VetoPolicy } from "./rollout/veto-policy.js";
import type { CheckCommits, CommitPolicy } from "./turn/check-commits.js";
import type { Judge } from "./turn/judge.js";

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
  /** When to look at the remote: see `parseSchedule`, which throws for what it cannot read. */
  readonly poll: string;
  readonly vetoPolicy: VetoPolicy;
  /** A commit counts as live after this many milliseconds although some Envoys have not answered. */
  readonly ackTimeoutMs: number;
  /** What a commit that `checkCommits` refuses means for those after it. Default: `head`. */
  readonly commitPolicy?: CommitPolicy;
  /** What keeps good commits back. Default: `createMassDeletionGuard`, from half of the config on. */
  readonly guards?: readonly Guard[];
  /** Milliseconds without a word after which Envoys have said all they have to say. Default: 250. */
  readonly quietMs?: number;
  /** Between attempts that fail. Default: from 1 s to 60 s. */
  readonly backoff?: BackoffOptions;
}
