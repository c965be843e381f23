import type { CatalogEntry } from "./catalog-entry.js";
import { validateCatalog } from "./catalog-validate.js";
import { parseCatalog } from "./catalog-parse.js";
import { translateCatalog } from "./catalog-translate.js";

/** Every diagnostic of the product, by code. The files are split by the stage that reports them. */
export const catalog = {
  ...parseCatalog,
  ...validateCatalog,
  ...translateCatalog,
} as const satisfies Record<string, CatalogEntry>;

export type DiagnosticCode = keyof typeof catalog;
export type Params<C extends DiagnosticCode> = Parameters<(typeof catalog)[C]["message"]>[0];
