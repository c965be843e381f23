import type { CatalogEntry } from "./catalog-entry.js";

const near = (name: string | undefined): string =>
  name === undefined ? "" : `; did you mean "${name}"?`;

/** The diagnostics of the translate stage and of the built-in plugins. */
export const translateCatalog = {
  "domain/shared": {
    severity: "error",
    message: (p: { domain: string; other: string; listener: string; role: string }) =>
      `the domain "${p.domain}" is claimed by VirtualService "${p.other}" too, on listener "${p.listener}" of role "${p.role}"`,
    hint: () => "merge the two, or give one of them other domains or other roles",
    explain:
      "A listener can serve each domain for one virtual service only. The same domain may be served once with TLS and once without, and once in each role. A virtual service without `domains` claims `*`. The place of the other claim is given with the diagnostic.",
    example: "name: a\ndomains: [pets.example]\n---\nname: b\ndomains: [pets.example]",
  },
  "envoy/invalid-config": {
    severity: "error",
    message: (p: { problem: string; near?: string }) => `${p.problem}${near(p.near)}`,
    hint: () => "write it as in Envoy's own documentation of the message that @type names",
    explain:
      "Config for an Envoy filter does not fit the Envoy API 1.40: an unknown field or `@type`, a value of the wrong type, an unknown enum value, or two fields of which only one may be set. Envoy would refuse everything beside it too, so it is refused here.",
    example: `extensions:
  envoy:
    envoy.filters.http.buffer:
      "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute
      disable: true # the field is called "disabled"`,
  },
  "envoy/rule-violated": {
    severity: "error",
    message: (p: { path: string; rule: string }) =>
      p.path === "" ? `Envoy's config ${p.rule}` : `Envoy's "${p.path}" ${p.rule}`,
    explain:
      "What was made of this object breaks a rule that the Envoy API states for the field named (`validate.rules`). Envoy would reject the whole response that it came in, and with it every other change. The path is that of the field in Envoy's config.",
    example: `extensions:
  envoy:
    envoy.filters.http.buffer:
      "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute
      buffer:
        max_request_bytes: 0 # must be greater than 0`,
    cure: "Change the value so that the rule holds. Envoy's documentation of the field says more.",
  },
  "envoy/unknown-cluster": {
    severity: "error",
    message: (p: { name: string; near?: string }) => `no upstream named "${p.name}"${near(p.near)}`,
    hint: () => "clusters in Envoy config are named as the upstreams they are made from",
    explain:
      "Config for an Envoy filter refers to a cluster by name, and no upstream has that name. Every cluster that Envoy is served is made from an upstream and has its name.",
    example: `http_filters:
  - name: envoy.filters.http.ext_authz
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
      grpc_service:
        envoy_grpc:
          cluster_name: auth # needs an upstream "auth"`,
  },
  "filter/wrong-type": {
    severity: "error",
    message: (p: { type: string; wanted: string }) => `"${p.type}" is not ${p.wanted}`,
    explain:
      "The `@type` is a message of the Envoy API, but not one that Envoy takes in this place: HTTP filters are configured by messages of `envoy.extensions.filters.http`.",
    example: `http_filters:
  - name: my-cluster
    typed_config:
      "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster`,
    cure: "Use the message that Envoy's documentation of the filter names.",
  },
  "filter/duplicate-name": {
    severity: "error",
    message: (p: { name: string }) => `the chain already has another filter "${p.name}"`,
    hint: () => "give each filter of a listener a name of its own",
    explain:
      "Two filters of one listener have the same name, and different config. Routes refer to filters by name, so a name can stand for one filter only. The filters `envoy.filters.http.cors` and `envoy.filters.http.router` are always there; the router may be configured by listing it under its own name.",
    example: `http_filters:
  - name: buffer
    typed_config: { "@type": ".../envoy.extensions.filters.http.buffer.v3.Buffer", max_request_bytes: 1024 }
  - name: buffer
    typed_config: { "@type": ".../envoy.extensions.filters.http.buffer.v3.Buffer", max_request_bytes: 4096 }`,
  },
  "filter/reserved-name": {
    severity: "error",
    message: (p: { name: string }) => `the filter name "${p.name}" is reserved`,
    hint: (p: { name: string }) =>
      p.name.startsWith("gloo.")
        ? 'choose a name that does not begin with "gloo."'
        : "use the name for the filter that it stands for, or choose another one",
    explain:
      "Names that begin with `gloo.` are kept for filters of the gateway itself, and the name `envoy.filters.http.router` for the router, which has to be called by it.",
    example: `http_filters:
  - name: gloo.buffer
    typed_config: { "@type": ".../envoy.extensions.filters.http.buffer.v3.Buffer", max_request_bytes: 1024 }`,
  },
  "filter/not-in-chain": {
    severity: "error",
    message: (p: { name: string; near?: string }) =>
      `no listener that serves this has a filter "${p.name}"${near(p.near)}`,
    hint: () => "add the filter to http_filters of the listener, the role or an attribute",
    explain:
      "A route or virtual service configures a filter that is in the chain of none of the listeners that serve it. Envoy would ignore the config without a word.",
    example: `extensions:
  envoy:
    envoy.filters.http.buffer: # needs http_filters with that name
      "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute
      disabled: true`,
  },
  "filter/not-in-every-chain": {
    severity: "warning",
    message: (p: { name: string; listener: string; role: string }) =>
      `listener "${p.listener}" of role "${p.role}" has no filter "${p.name}"`,
    hint: () => "it has no effect there; add the filter, or serve the route on one listener only",
    explain:
      "A route or virtual service configures a filter that only some of the listeners that serve it have. On the others the config has no effect.",
    example:
      '# Only the listener "public" has a filter named "buffer"; the virtual service is on both.\nlisteners:\n  - name: public\n    bind_port: 8080\n    config: { http_filters: [{ name: buffer, typed_config: { "@type": "…" } }] }\n  - name: internal\n    bind_port: 8081',
  },
  "filter/other-filter": {
    severity: "error",
    message: (p: { name: string; type: string; chain: string }) =>
      `the filter "${p.name}" is a "${p.chain}", which "${p.type}" does not configure`,
    hint: () => "use the per-route message of the filter that the name stands for",
    explain:
      "The filter of this name in the listener's chain is of another kind than the `@type` given for the route. Envoy would ignore the config without a word.",
    example:
      'extensions:\n  envoy:\n    envoy.filters.http.cors:\n      "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute\n      disabled: true',
  },
  "function/not-callable": {
    severity: "error",
    message: (p: { upstream: string; type: string }) =>
      `functions of upstream "${p.upstream}" cannot be called: its type "${p.type}" has none`,
    hint: () => "route to the upstream itself, or use a type of upstream that has functions",
    explain:
      "A route leads to a function, but no plugin knows how to call functions of an upstream of this type and kind of service.",
    example: `single_destination:
  function:
    upstream_name: petstore # a plain static upstream
    function_name: get-pet`,
  },
  "listener/attribute-conflict": {
    severity: "error",
    message: (p: { key: string; listener: string; other: string }) =>
      `attribute "${p.other}" sets another "${p.key}" for listener "${p.listener}"`,
    hint: () => "set the key on the listener itself, or make the selectors exclude each other",
    explain:
      "Two attributes select the same listener and set the same key of its config to different values, and the listener does not set it itself.",
    example:
      'name: a\nlistener_attribute:\n  selector: { zone: public }\n  config: { http_filters: [] }\n---\nname: b\nlistener_attribute:\n  selector: { zone: public }\n  config: { http_filters: [{ name: buffer, typed_config: { "@type": "…" } }] }',
  },
  "listener/none-serves": {
    severity: "warning",
    message: (p: { role: string }) => `no listener of role "${p.role}" serves this`,
    hint: (p: { role: string }) =>
      `name it in a listener of role "${p.role}", or add a listener that fits it`,
    explain:
      "The virtual service belongs to a role whose listeners all leave it out. Listeners without a list take those without `ssl_config`, and one named `secure-gateway-listener` those with it.",
    example: `# Role "ingress" has the one listener insecure-gateway-listener.
name: shop
ssl_config:
  secret_ref: shop-tls`,
  },
  "plugin/conflict": {
    severity: "error",
    message: (p: { field: string; first: string; second: string }) =>
      `"${p.first}" and "${p.second}" set Envoy's "${p.field}" to different values`,
    hint: () => "leave one of the two settings out",
    explain:
      'Two settings of one object want the same field of Envoy\'s config, or two fields of which only one may be set, to be different things. Both plugins are named; "core" is the language itself.',
    example: `extensions:
  cors:
    allow_origin: ["*"]
  envoy:
    envoy.filters.http.cors: # the same, in Envoy's words
      "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy`,
  },
  "plugin/crashed": {
    severity: "error",
    message: (p: { plugin: string; reason: string }) =>
      `plugin "${p.plugin}" failed on this: ${p.reason}`,
    hint: () => "this is a mistake in the plugin; report it to its authors",
    explain:
      "A plugin ended with an error instead of an answer. The commit is refused; the gateway goes on.",
    example: "# whatever the plugin did not expect",
  },
  "plugin/error": {
    severity: "error",
    message: (p: { plugin: string; problem: string }) => `${p.problem} (plugin "${p.plugin}")`,
    explain: "A plugin from outside reports something that keeps a commit from going live.",
    example: "# what it is, the plugin's own documentation says",
    cure: "Do as the message says; the plugin's documentation has more.",
  },
  "plugin/warning": {
    severity: "warning",
    message: (p: { plugin: string; problem: string }) => `${p.problem} (plugin "${p.plugin}")`,
    explain: "A plugin from outside reports something doubtful.",
    example: "# what it is, the plugin's own documentation says",
    cure: "Do as the message says; the plugin's documentation has more.",
  },
  "plugin/weighted-function": {
    severity: "error",
    message: (p: { field: string }) =>
      `the destinations of this route need different values of Envoy's "${p.field}", which a route has once`,
    hint: () => "lead to the functions from routes of their own",
    explain:
      "A route with several destinations leads to functions that have to be called in different ways, and Envoy can do that only for the route as a whole.",
    example:
      "multiple_destinations:\n  - destination: { function: { upstream_name: pets, function_name: get-pet } }\n    weight: 1\n  - destination: { function: { upstream_name: pets-next, function_name: get-pet } }\n    weight: 1",
  },
  "tls/domain-without-sni": {
    severity: "error",
    message: (p: { domain: string }) => `"${p.domain}" cannot be matched by the server name of TLS`,
    hint: () => "list in sni_domains the server names that clients will ask for",
    explain:
      "Which certificate a client gets is decided by the server name that it asks for. Without `sni_domains` these are the domains, and this one cannot be: clients send no IP addresses there, and Envoy matches whole names and `*.` in front of one only.",
    example: `domains: ["pets.*"]
ssl_config:
  secret_ref: pets-tls
  sni_domains: [pets.example, pets.test]`,
  },
  "tls/sni-overlap": {
    severity: "error",
    message: (p: { name: string; other: string; listener: string; role: string }) =>
      `${p.other} has another ssl_config for ` +
      (p.name === "*" ? "all other server names" : `the server name "${p.name}"`) +
      ` on listener "${p.listener}" of role "${p.role}"`,
    hint: () => "use the same ssl_config in both, or server names that differ (sni_domains)",
    explain:
      "Two virtual services of one listener want the same server name to be answered with different certificates.",
    example:
      "name: a\ndomains: [a.example]\nssl_config: { secret_ref: a-tls, sni_domains: [shop.example] }\n---\nname: b\ndomains: [b.example]\nssl_config: { secret_ref: b-tls, sni_domains: [shop.example] }",
  },
  "upstream/tls-not-verified": {
    severity: "warning",
    message: () => "the back end's certificate is not verified",
    hint: () => "trust its CA with tls_config.secret_ref instead of skipping verification",
    explain:
      "`insecure_skip_verify` is set: whoever can answer at the back end's address can read and change the traffic.",
    example: `spec:
  hosts: [{ addr: 10.0.0.7, port: 443 }]
  tls_config:
    insecure_skip_verify: true`,
  },
  "upstream/tls-name-unknown": {
    severity: "error",
    message: () => "with host names and IP addresses mixed, TLS has no one name to verify",
    hint: () => "set tls_config.sni or tls_config.subject_alt_names, or split the upstream",
    explain:
      "Some hosts of the upstream are names and some are IP addresses. Certificates are verified against the host's own name or address, and Envoy can do only one of the two in a cluster.",
    example: `spec:
  tls: true
  hosts:
    - { addr: api.example.com, port: 443 }
    - { addr: 10.0.0.7, port: 443 }`,
  },
  "upstream/unused-tls-config": {
    severity: "warning",
    message: () => "tls_config has no effect: the upstream does not speak TLS",
    hint: () => "set tls: true, or leave tls_config out",
    explain: "`tls_config` is set on an upstream that speaks plain text.",
    example:
      "spec:\n  hosts: [{ addr: 10.0.0.7, port: 8080 }]\n  tls_config: { sni: api.example.com }",
  },
} as const satisfies Record<string, CatalogEntry>;
