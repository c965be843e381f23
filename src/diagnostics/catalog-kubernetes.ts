import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of upstreams of type `kubernetes`. */
export const kubernetesCatalog = {
  "kubernetes/unused-labels": {
    severity: "warning",
    message: () => "labels have no effect: pods of the Service are not told apart by them",
    hint: () => "make a Service whose selector has these labels, and name that one",
    explain:
      "The Service is found by its name in the DNS of the cluster, which knows nothing of labels. Choosing among its pods needs discovery of endpoints, which asks the API of Kubernetes. So requests go to all pods of the Service.",
    example: `type: kubernetes
spec:
  service_name: pets
  service_namespace: shop
  service_port: 8080
  labels: { version: v1 }`,
  },
} as const satisfies Record<string, CatalogEntry>;
