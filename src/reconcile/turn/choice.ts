import type { Release } from "../releases/release.js";

/** What is to be before Envoys. */
export type Choice =
  /** What is. */
  | { readonly kind: "nothing" }
  /** This. `again`: also if it is there already. */
  | { readonly kind: "release"; readonly release: Release; readonly again: boolean }
  /** Something else, which cannot be at the moment. */
  | { readonly kind: "held"; readonly commit: string; readonly code: string; readonly why: string };

export const nothing: Choice = { kind: "nothing" };
