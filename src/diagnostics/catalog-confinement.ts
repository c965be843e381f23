import type { CatalogEntry } from "./catalog-entry.js";

const hint = (p: { allowed: string }): string =>
  p.allowed === ""
    ? "the operator of the control plane says what a repository may declare"
    : `it may have ${p.allowed}; the operator of the control plane says so in the repositories file`;

/** What repositories beside the first one declare that is not theirs. */
export const confinementCatalog = {
  "confinement/name": {
    severity: "error",
    message: (p: { name: string; repository: string; allowed: string }) =>
      `repository "${p.repository}" may not declare the name "${p.name}"`,
    hint,
    explain:
      "With several repositories, each one but the first keeps to its own names (`names` in the repositories file), so that no team can take the name of another.",
    example: "# in the repository shop, with names: [shop, shop-*]\nname: pets",
  },
  "confinement/domain": {
    severity: "error",
    message: (p: { domain: string; repository: string; allowed: string }) =>
      `repository "${p.repository}" may not answer for "${p.domain}"`,
    hint,
    explain:
      "With several repositories, each one but the first answers for its own domains (`domains` in the repositories file). A virtual service without domains answers for `*`.",
    example: '# in the repository shop, with domains: ["*.shop.example"]\ndomains: [pets.example]',
  },
  "confinement/role": {
    severity: "error",
    message: (p: { role: string; repository: string; allowed: string }) =>
      `repository "${p.repository}" may not use the role "${p.role}"`,
    hint,
    explain:
      "With several repositories, each one but the first is served by, and declares, the roles that it is given (`roles` in the repositories file; `ingress` without it).",
    example: "# in the repository shop, with roles: [ingress]\nroles: [internal]",
  },
  "confinement/secret": {
    severity: "error",
    message: (p: { ref: string; repository: string; allowed: string }) =>
      `repository "${p.repository}" may not use the secret "${p.ref}"`,
    hint,
    explain:
      "With several repositories, each one but the first names, and holds, the secrets that it is given (`secrets` in the repositories file), so that no team can use the keys of another.",
    example:
      "# in the repository shop, with secrets: [shop-*]\nssl_config: { secret_ref: platform-tls }",
  },
} as const satisfies Record<string, CatalogEntry>;
