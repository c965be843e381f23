import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of the validate stage. */
export const validateCatalog = {} as const satisfies Record<string, CatalogEntry>;
