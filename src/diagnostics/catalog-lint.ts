import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of config that is right and does not do what it seems to. */
export const lintCatalog = {
  "lint/shadowed-route": {
    severity: "warning",
    message: (p: { index: number }) =>
      `the route is never reached: route ${p.index} takes all its requests`,
    hint: () => "move it before that route, or remove it",
    explain:
      "Routes are tried in order and the first match wins. Whatever this route matches, an earlier one matches too: its path covers this one's, and it asks for no method, header or query parameter that this one does not ask for. The place of that route is given with the diagnostic.",
    example:
      "routes:\n  - request_matcher: { path_prefix: /pets, verbs: [GET, POST] }\n  - request_matcher: { path_exact: /pets/1, verbs: [GET] }",
  },
  "lint/duplicate-route": {
    severity: "warning",
    message: (p: { index: number }) =>
      `the route is never reached: route ${p.index} matches just the same requests`,
    hint: () => "remove one of the two",
    explain:
      "Two routes of a virtual service have the same matcher, in whatever order it is written, and the first one takes all requests. The place of the first is given with the diagnostic.",
    example:
      "routes:\n  - request_matcher: { path_prefix: /pets, verbs: [GET] }\n  - request_matcher: { path_prefix: /pets, verbs: [GET] }",
  },
  "lint/regex-matches-all": {
    severity: "warning",
    message: (p: { regex: string }) => `the regex ${p.regex} matches every path`,
    hint: () => "write `path_prefix: /`, which costs Envoy nothing",
    explain:
      "Every path begins with `/`, so the regex says nothing, and Envoy runs it all the same.",
    example: "request_matcher: { path_regex: .* }",
  },
  "lint/regex-never-matches": {
    severity: "warning",
    message: (p: { regex: string }) =>
      `the regex ${p.regex} matches no path: it is for the whole path, which begins with "/"`,
    hint: () => "begin it with `/`, or with `.*` to match anywhere",
    explain:
      "A `path_regex` has to match the whole path without its query, from its first character on. The route is valid, but takes no request.",
    example: 'request_matcher: { path_regex: "pets/[0-9]+" }',
  },
  "lint/overlapping-domains": {
    severity: "warning",
    message: (p: { domain: string; other: string; name: string }) =>
      `requests for hosts that both "${p.domain}" and "${p.other}" of VirtualService "${p.name}" name go to that one`,
    hint: () => "claim the hosts that are meant by their whole names",
    explain:
      "Envoy looks for a host's whole name first, then for the longest domain that begins with `*`, and only then for the longest that ends with `*`, however long that is. So a domain that ends with `*` loses every host that another virtual service on the listener has by one that begins with it. The place of the other claim is given with the diagnostic.",
    example: 'name: a\ndomains: ["pets.*"]\n---\nname: b\ndomains: ["*.example"]',
  },
  "lint/narrower-domain": {
    severity: "warning",
    isOptIn: true,
    message: (p: { domain: string; other: string; name: string }) =>
      `requests for "${p.other}" never come here, although "${p.domain}" names it too: VirtualService "${p.name}" claims it`,
    hint: () => "that is how exceptions are made; if none was meant, merge the two",
    explain:
      "A host belongs to one virtual service: the one whose domain names it most exactly. None of the other's routes apply to it. Often that is what is wanted, so this is said only if `policies.severity` of `gloo.yaml` asks for it.",
    example: 'name: all\ndomains: ["*.example"]\n---\nname: pets\ndomains: [pets.example]',
  },
  "lint/unused-upstream": {
    severity: "warning",
    isOptIn: true,
    message: () => "nothing that is served leads to this upstream",
    hint: () => "route something to it, or remove it",
    explain:
      "No route of a virtual service that some listener serves leads to the upstream, nor does the config of a filter. It is no part of what Envoys are served. Upstreams are often there before their routes are, so this is said only if `policies.severity` of `gloo.yaml` asks for it.",
    example:
      "# policies: { severity: { lint/unused-upstream: warning } }\nname: pets-2019\ntype: static",
  },
  "lint/unused-function": {
    severity: "warning",
    isOptIn: true,
    message: (p: { names: string; count: number }) =>
      p.count === 1
        ? `no route calls the function ${p.names}`
        : `no route calls ${p.count} functions: ${p.names}`,
    hint: () => "route something to them, or remove them",
    explain:
      "The upstream lists functions that no route calls. Imported and discovered upstreams have many of them, so this is said only if `policies.severity` of `gloo.yaml` asks for it.",
    example:
      "# policies: { severity: { lint/unused-function: warning } }\nfunctions:\n  - name: nobody-calls-this",
  },
} as const satisfies Record<string, CatalogEntry>;
