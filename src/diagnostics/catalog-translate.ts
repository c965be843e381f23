import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of the translate stage and of the built-in plugins. */
export const translateCatalog = {} as const satisfies Record<string, CatalogEntry>;
