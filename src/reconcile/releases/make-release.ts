import type { EndpointsByUpstream } from "../../model/endpoints.js";
import type { Pipeline } from "../../pipeline.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { Made, Release, SealedCopy } from "./release.js";

/** A commit as a release, made from a tree that equals its own. */
export function releaseOf(commit: CommitInfo, made: Made): Release {
  const { snapshot, sealed } = made.build;
  const copies = sealed.map(({ file: { path, oid, bytes } }): SealedCopy => {
    return { path, oid, text: Buffer.from(bytes).toString("utf8") };
  });
  return {
    commit,
    snapshot: snapshot.commit === commit.oid ? snapshot : { ...snapshot, commit: commit.oid },
    made,
    isCanary: false,
    ...(copies.length === 0 ? {} : { sealed: copies }),
  };
}

/** The same release with other endpoints; itself if they are the same, or it cannot be remade. */
export function releaseWithEndpoints(
  release: Release,
  endpoints: EndpointsByUpstream,
  pipeline: Pipeline,
): Release {
  const { commit, made } = release;
  if (made === undefined || made.endpoints === endpoints) return release;
  const build = pipeline.replaceEndpoints(made.build, endpoints);
  const next = releaseOf(commit, { ...made, build, endpoints });
  return next.snapshot.id === release.snapshot.id ? { ...release, made: next.made } : next;
}
