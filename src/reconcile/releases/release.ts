import { contentHash } from "../../lib/content-hash.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json.js";
import type { EndpointsByUpstream } from "../../model/endpoints.js";
import type { Build } from "../../pipeline.js";
import type { Exchange } from "../../serve/serve-events.js";
import { configVersionOf } from "../../snapshot/snapshot-id.js";
import type { Snapshot } from "../../snapshot/snapshot.js";
import type { CommitInfo, Signature, SourceTree } from "../../source/source-tree.js";

/** What a commit is to Envoys: something that can be put before them, and taken back. Immutable. */
export interface Release {
  readonly commit: CommitInfo;
  readonly snapshot: Snapshot;
  /** What it was made of; undefined: it came from the state directory. */
  readonly made: Made | undefined;
  /** It brings the commit to one role only, and the others have what they had. */
  readonly isCanary: boolean;
  /** The encrypted files whose secrets are in the snapshot. Default: none. */
  readonly sealed?: readonly SealedCopy[];
  /** Of a canary: the release that all others get when it has proven itself. */
  readonly whole?: Release;
}

/** An encrypted file, as it is kept with what was made of it. */
export interface SealedCopy {
  readonly path: string;
  readonly oid: string;
  /** Encrypted. */
  readonly text: string;
}

/** What a release was made of. */
export interface Made {
  readonly build: Build;
  readonly tree: SourceTree;
  /** Of the secrets. */
  readonly fingerprint: string;
  readonly endpoints: EndpointsByUpstream;
}

/** What identifies a release among those that were refused: each says that it would be again. */
export function refusalKeys({ commit, snapshot }: Release): readonly string[] {
  return [contentHash(commit.treeOid, configVersionOf(snapshot)), snapshot.id];
}

/** Whether `known` brings all that `release` does. */
export function isReleaseOf(known: Release, release: Release): boolean {
  const { commit, snapshot, isCanary } = wholeOf(known);
  return commit.oid === release.commit.oid && snapshot.id === release.snapshot.id && !isCanary;
}

/** What all roles get in the end: of a canary the release that it tries, else itself. */
export function wholeOf(release: Release): Release {
  return release.whole ?? release;
}

/** Whether Envoys cannot tell two releases apart. */
export function isSameToEnvoys(left: Release, right: Release | undefined): boolean {
  return left.snapshot.id === right?.snapshot.id;
}

/** Whether an Envoy's type has the same version in a release as it was sent. */
export function hasVersion(
  { snapshot }: Release,
  { envoy, typeUrl, version }: Pick<Exchange, "envoy" | "typeUrl" | "version">,
): boolean {
  const role = envoy.role === undefined ? undefined : snapshot.roles.get(envoy.role);
  return (role ?? snapshot.fallback).sets.get(typeUrl)?.version === version;
}

/** What is kept on disk with a release's snapshot. */
export function metaOf({ commit, isCanary, sealed = [] }: Release): JsonObject {
  const { parent, ...rest } = commit;
  const plain = {
    ...rest,
    author: { ...commit.author },
    committer: { ...commit.committer },
    ...(parent === undefined ? {} : { parent }),
  };
  const copies = sealed.map(({ path, oid, text }) => ({ path, oid, text }));
  return { commit: plain, isCanary, ...(copies.length === 0 ? {} : { sealed: copies }) };
}

/** The inverse of {@link metaOf}. What an older version left out is filled in. */
export function readMeta(
  meta: JsonObject,
  commitOid: string,
): Pick<Release, "commit" | "isCanary" | "sealed"> {
  const commit = isJsonObject(meta["commit"] ?? null) ? (meta["commit"] as JsonObject) : {};
  const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
  const signature = (value: JsonValue | undefined): Signature => {
    const found = isJsonObject(value ?? null) ? (value as JsonObject) : {};
    const timestampS = Number(found["timestampS"] ?? 0);
    return { name: text(found["name"]), email: text(found["email"]), timestampS };
  };
  const parent = text(commit["parent"]);
  return {
    commit: {
      oid: commitOid,
      treeOid: text(commit["treeOid"]),
      ...(parent === "" ? {} : { parent }),
      author: signature(commit["author"]),
      committer: signature(commit["committer"]),
      message: text(commit["message"]),
    },
    isCanary: meta["isCanary"] === true,
    ...(meta["sealed"] === undefined ? {} : { sealed: sealedCopiesIn(meta) }),
  };
}

/** The encrypted files that are kept with a release. */
export function sealedCopiesIn(meta: JsonObject): readonly SealedCopy[] {
  const { sealed } = meta;
  if (!Array.isArray(sealed)) return [];
  return (sealed as readonly JsonValue[]).flatMap((value) => {
    if (!isJsonObject(value)) return [];
    const { path, oid, text } = value;
    const isCopy = [path, oid, text].every((part) => typeof part === "string");
    return isCopy ? [{ path: String(path), oid: String(oid), text: String(text) }] : [];
  });
}
