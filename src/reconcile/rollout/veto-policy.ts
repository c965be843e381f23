/** Whose refusal takes a commit back. */
export type VetoPolicy =
  /** That of any Envoy. */
  | { readonly kind: "any" }
  /** That of at least half of the Envoys of a role. */
  | { readonly kind: "quorum" }
  /** That of any Envoy, and this role is served before all others. */
  | { readonly kind: "canary"; readonly role: string };

/** How the Envoys of one role stand to a commit. */
export interface Votes {
  /** Connected Envoys whose word counts. */
  readonly voters: number;
  /** Of these, the ones that refuse it. */
  readonly against: number;
}

/** Whether the Envoys of any role have refused a commit. */
export function isVetoed(policy: VetoPolicy, votesByRole: ReadonlyMap<string, Votes>): boolean {
  return [...votesByRole.values()].some(({ voters, against }) =>
    policy.kind === "quorum" ? against > 0 && against * 2 >= voters : against > 0,
  );
}
