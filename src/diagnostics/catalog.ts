import type { CatalogEntry } from "./catalog-entry.js";
import { cloudCatalog } from "./catalog-cloud.js";
import { confinementCatalog } from "./catalog-confinement.js";
import { fanOutCatalog } from "./catalog-fan-out.js";
import { grpcCatalog } from "./catalog-grpc.js";
import { envoyCatalog } from "./catalog-envoy.js";
import { kubernetesCatalog } from "./catalog-kubernetes.js";
import { natsCatalog } from "./catalog-nats.js";
import { lintCatalog } from "./catalog-lint.js";
import { policyCatalog } from "./catalog-policy.js";
import { validateCatalog } from "./catalog-validate.js";
import { parseCatalog } from "./catalog-parse.js";
import { restCatalog } from "./catalog-rest.js";
import { secretsCatalog } from "./catalog-secrets.js";
import { testsCatalog } from "./catalog-tests.js";
import { translateCatalog } from "./catalog-translate.js";

/** Every diagnostic of the product, by code. The files are split by the stage that reports them. */
export const catalog = {
  ...parseCatalog,
  ...secretsCatalog,
  ...validateCatalog,
  ...confinementCatalog,
  ...translateCatalog,
  ...restCatalog,
  ...cloudCatalog,
  ...fanOutCatalog,
  ...grpcCatalog,
  ...kubernetesCatalog,
  ...natsCatalog,
  ...testsCatalog,
  ...policyCatalog,
  ...lintCatalog,
  ...envoyCatalog,
} as const satisfies Record<string, CatalogEntry>;

export type DiagnosticCode = keyof typeof catalog;
/** What the message of a code is made of; `{}` for a message that is always the same. */
export type Params<C extends DiagnosticCode> = ParamsOf<(typeof catalog)[C]["message"]>;
type ParamsOf<M> = M extends () => string
  ? Readonly<Record<string, never>>
  : M extends (params: infer P) => string
    ? P
    : never;
