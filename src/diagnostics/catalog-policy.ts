import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of a repository's own policies, and of what `gloo.yaml` says about severities. */
export const policyCatalog = {
  "severity/unknown-code": {
    severity: "error",
    message: (p: { code: string; near?: string }) =>
      `no diagnostic has the code "${p.code}"` +
      (p.near === undefined ? "" : `; did you mean "${p.near}"?`),
    hint: () => "docs/diagnostics.md lists all codes",
    explain: "`policies.severity` of `gloo.yaml` names a code that does not exist.",
    example: "policies:\n  severity:\n    lint/unused-upstreams: off",
  },
  "severity/fixed": {
    severity: "error",
    message: (p: { code: string }) => `"${p.code}" is an error whatever the policies say`,
    hint: () => "remove it; only warnings and the codes of policies can be changed",
    explain:
      "An error means that Envoy would refuse the config, or that it does not say what is to be served. No policy makes that right.",
    example: "policies:\n  severity:\n    reference/unknown-upstream: warning",
  },
  "policy/malformed-host": {
    severity: "error",
    message: (p: { text: string; reason: string }) =>
      `"${p.text}" is no host, network or pattern of hosts: ${p.reason}`,
    hint: () => "write an IP address, a network such as 10.0.0.0/8, or a name such as *.internal",
    explain: "An entry of `policies.forbidden_hosts` in `gloo.yaml` cannot be compared with hosts.",
    example: "policies:\n  forbidden_hosts: [10.0.0.0/33]",
  },
  "policy/forbidden-host": {
    severity: "error",
    message: (p: { host: string; pattern: string }) =>
      `no upstream may lead to "${p.host}": "${p.pattern}" is forbidden here`,
    hint: () =>
      "use another host; `policies.forbidden_hosts` of gloo.yaml lists those that none may use",
    explain:
      "The repository forbids upstreams to lead to this host. Such policies keep, for example, the metadata service of a cloud out of reach.",
    example:
      "name: metadata\ntype: static\nspec:\n  hosts:\n    - { addr: 169.254.169.254, port: 80 }",
  },
  "policy/timeout-missing": {
    severity: "error",
    message: () => "each route has to say how long it may wait",
    hint: () => "set `extensions.timeout` to a duration other than 0",
    explain: "`policies.require_timeout` of `gloo.yaml` wants a timeout that somebody chose.",
    example:
      "routes:\n  - request_matcher: { path_prefix: / }\n    single_destination: { upstream: { name: pets } }",
  },
  "policy/timeout-too-long": {
    severity: "error",
    message: (p: { timeout: string; max: string }) =>
      `the route may wait ${p.timeout}, and ${p.max} is the longest here`,
    hint: (p: { timeout: string; max: string }) => `set \`extensions.timeout\` to ${p.max} or less`,
    explain:
      "`policies.max_timeout` of `gloo.yaml` limits how long routes may wait. Without a timeout of its own a route waits 15 s, and with 0 for ever.",
    example: "extensions:\n  timeout: 10m",
  },
  "policy/tls-missing": {
    severity: "error",
    message: (p: { listener: string; role: string }) =>
      `it is served without TLS, on listener "${p.listener}" of role "${p.role}"`,
    hint: () => "give it an `ssl_config`",
    explain:
      "`policies.require_tls` of `gloo.yaml` wants every virtual service served over TLS only.",
    example: "name: pets\ndomains: [pets.example]",
  },
  "policy/verification-missing": {
    severity: "error",
    message: () => "no upstream may take any certificate here",
    hint: () => "remove `insecure_skip_verify`, or trust the CA by `secret_ref`",
    explain:
      "`policies.require_upstream_verification` of `gloo.yaml` wants the certificates of back ends verified.",
    example: "spec:\n  tls: true\n  tls_config: { insecure_skip_verify: true }",
  },
  "policy/domain-not-allowed": {
    severity: "error",
    message: (p: { domain: string; allowed: string }) =>
      `no virtual service may claim the domain "${p.domain}" here`,
    hint: (p: { domain: string; allowed: string }) => `allowed are: ${p.allowed}`,
    explain: "`policies.allowed_domains` of `gloo.yaml` lists the domains of this repository.",
    example: "name: pets\ndomains: [pets.example.org]",
  },
  "policy/role-not-allowed": {
    severity: "error",
    message: (p: { role: string; allowed: string }) =>
      `no virtual service may name the role "${p.role}" here`,
    hint: (p: { role: string; allowed: string }) => `allowed are: ${p.allowed}`,
    explain: "`policies.allowed_roles` of `gloo.yaml` lists the roles of this repository.",
    example: "name: pets\nroles: [edge]",
  },
  "policy/too-many-routes": {
    severity: "error",
    message: (p: { routes: number; max: number }) =>
      `it has ${p.routes} routes, and ${p.max} are the most here`,
    hint: () => "split it by domain, or make routes more general",
    explain: "`policies.max_routes` of `gloo.yaml` limits the routes of a virtual service.",
    example:
      "# policies: { max_routes: 1 }\nroutes:\n  - request_matcher: { path_prefix: /a }\n  - request_matcher: { path_prefix: /b }",
  },
  "policy/name": {
    severity: "error",
    message: (p: { name: string; pattern: string }) =>
      `the name "${p.name}" is not of the form ${p.pattern}`,
    hint: () => "rename it, and what refers to it",
    explain: "`policies.names` of `gloo.yaml` has a regex (RE2) that the whole name has to match.",
    example: '# policies: { names: { upstream: "[a-z]+-v[0-9]+" } }\nname: pets',
  },
} as const satisfies Record<string, CatalogEntry>;
