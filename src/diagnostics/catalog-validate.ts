import type { CatalogEntry } from "./catalog-entry.js";
import { schemaCatalog } from "./catalog-schema.js";

const didYouMean = (near: string | undefined): string =>
  near === undefined ? "" : `; did you mean "${near}"?`;

/** The diagnostics of the validate stage. */
export const validateCatalog = {
  ...schemaCatalog,
  "upstream/unknown-type": {
    severity: "error",
    message: (p: { type: string; known: string; near?: string }) =>
      `unknown upstream type "${p.type}"${didYouMean(p.near)}`,
    hint: (p: { type: string; known: string }) =>
      p.known === "" ? "no upstream type is known to this process" : `known types: ${p.known}`,
    explain:
      "`type` chooses the plugin that owns `spec`. Each type is a plugin; the known ones are listed in the hint.",
    example: "name: pets\ntype: statik\nspec: {}",
  },
  "upstream/unknown-service-type": {
    severity: "error",
    message: (p: { type: string; known: string; near?: string }) =>
      `unknown service type "${p.type}"${didYouMean(p.near)}`,
    hint: (p: { type: string; known: string }) =>
      p.known === "" ? "no service type is known to this process" : `known types: ${p.known}`,
    explain:
      "`service_info.type` chooses the plugin that owns `properties` and the functions. It is spelled exactly so, in upper and lower case.",
    example: "service_info:\n  type: rest",
  },
  "upstream/duplicate-function": {
    severity: "error",
    message: (p: { name: string }) => `the function "${p.name}" is listed more than once`,
    hint: () => "give each function of an upstream its own name",
    explain: "Routes call functions by name, so a name stands for one function of an upstream.",
    example: "functions:\n  - name: get-pet\n  - name: get-pet",
  },
  "tls/no-certificate": {
    severity: "warning",
    message: () => "ssl_config names no certificate, so this is served as plain HTTP",
    hint: () => "name a secret in secret_ref, or leave ssl_config out",
    explain:
      "In 0.2.x an `ssl_config` without a secret meant plain HTTP, and it still does. Most who write one want TLS.",
    example: 'domains: [pets.example]\nssl_config: { secret_ref: "" }',
  },
  "name/duplicate": {
    severity: "error",
    message: (p: { kind: string; name: string }) =>
      `${p.kind} "${p.name}" is declared more than once`,
    hint: () => "rename one of them, and what refers to it",
    explain:
      "Names are unique per kind in the whole repository, whatever the folder. The place of the first declaration is given with the diagnostic.",
    example: "name: pets\n---\nname: pets",
  },
  "reference/unknown-upstream": {
    severity: "error",
    message: (p: { upstream: string; near?: string }) =>
      `no upstream named "${p.upstream}"${didYouMean(p.near)}`,
    hint: () => "destinations name upstreams of this repository",
    explain: "A route leads to an upstream that no file of the repository declares.",
    example: "single_destination:\n  upstream:\n    name: petstor",
  },
  "reference/unknown-function": {
    severity: "error",
    message: (p: { upstream: string; name: string; near?: string }) =>
      `upstream "${p.upstream}" has no function named "${p.name}"${didYouMean(p.near)}`,
    hint: (p: { upstream: string }) => `list it under \`functions\` of upstream "${p.upstream}"`,
    explain: "A route calls a function that its upstream does not list.",
    example:
      "single_destination:\n  function:\n    upstream_name: pets\n    function_name: get-pett",
  },
  "reference/unknown-virtual-service": {
    severity: "error",
    message: (p: { name: string; near?: string }) =>
      `no virtual service named "${p.name}"${didYouMean(p.near)}`,
    hint: () => "listeners and attributes name virtual services of this repository",
    explain:
      "A listener or an attribute names a virtual service that no file of the repository declares.",
    example: "listeners:\n  - name: public\n    bind_port: 8080\n    virtual_services: [petz]",
  },
  "domain/duplicate": {
    severity: "error",
    message: (p: { domain: string }) => `the domain "${p.domain}" is listed more than once`,
    hint: () => "remove one of the two; upper and lower case are the same",
    explain: "Envoy refuses a virtual host that lists a domain twice.",
    example: "domains: [pets.example, Pets.example]",
  },
  "route/weights-too-large": {
    severity: "error",
    message: (p: { sum: number }) => `the weights add up to ${p.sum}, more than 4294967295`,
    hint: () => "use smaller weights: only their proportions count",
    explain: "Envoy adds up the weights of a route in 32 bits.",
    example:
      "multiple_destinations:\n  - destination: { upstream: { name: pets } }\n    weight: 4294967295\n  - destination: { upstream: { name: pets-next } }\n    weight: 1",
  },
  "route/never-matches": {
    severity: "warning",
    message: (p: { path: string; reason: string }) =>
      `no request has a path like "${p.path}": ${p.reason}`,
    hint: () => "query parameters are matched by `query_params`",
    explain:
      "The path of a request begins with `/`, and is matched without its query and fragment. The route is valid, but takes no request.",
    example: "request_matcher:\n  path_prefix: pets",
  },
  "route/unreachable": {
    severity: "warning",
    message: (p: { prefix: string; index: number }) =>
      `the route is never reached: route ${p.index} takes every path that begins with "${p.prefix}"`,
    hint: () => "move it before that route",
    explain:
      "Routes are tried in order and the first match wins. An earlier route without further conditions takes everything that this one could.",
    example:
      "routes:\n  - request_matcher: { path_prefix: / }\n  - request_matcher: { path_prefix: /pets }",
  },
  "route/malformed-value": {
    severity: "error",
    message: (p: { text: string; reason: string }) =>
      `"${p.text}" is not possible here: ${p.reason}`,
    explain:
      "A setting of a route does not have the form that it needs. Envoy would refuse it, or send requests that no back end understands.",
    example: "request_matcher: { path_prefix: /pets/ }\nprefix_rewrite: animals/",
    cure: "Do as the message says.",
  },
  "route/too-many-verbs": {
    severity: "error",
    message: (p: { count: number }) =>
      `Envoy cannot match ${p.count} methods of these lengths in one route`,
    hint: () => "split the route in two with the same destination, or leave verbs out",
    explain:
      "Several methods are matched by a regular expression, and Envoy takes one of 100 instructions at most: about one for each letter of the methods.",
    example:
      "verbs: [GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK, VERSION-CONTROL, REPORT, CHECKOUT, CHECKIN, UNCHECKOUT]",
  },
  "route/lower-case-verb": {
    severity: "warning",
    message: (p: { verb: string }) =>
      `methods are case-sensitive, and no usual request has the method "${p.verb}"`,
    hint: (p: { verb: string }) => `write ${p.verb.toUpperCase()}`,
    explain: "HTTP methods are upper-case, and compared exactly.",
    example: "verbs: [get]",
  },
  "listener/duplicate-name": {
    severity: "error",
    message: (p: { name: string }) => `the listener "${p.name}" is declared more than once`,
    hint: () => "give each listener of a role its own name",
    explain: "Envoy tells the listeners of a role apart by name.",
    example:
      "listeners:\n  - { name: public, bind_port: 8080 }\n  - { name: public, bind_port: 8081 }",
  },
  "listener/port-taken": {
    severity: "error",
    message: (p: { port: number; other: string }) =>
      `port ${p.port} is taken by the listener "${p.other}" on an address that overlaps`,
    hint: () => "use another port, or two addresses that exclude each other",
    explain:
      "Two listeners of a role cannot have the same address and port. `::` and `0.0.0.0` overlap with every address.",
    example: "listeners:\n  - { name: a, bind_port: 8080 }\n  - { name: b, bind_port: 8080 }",
  },
  "attribute/selects-nothing": {
    severity: "warning",
    message: (p: { selector: string }) =>
      p.selector === ""
        ? "the selector is empty, which selects no listener"
        : `no listener has the labels ${p.selector}`,
    hint: () => "give the listeners that are meant these `labels`",
    explain: "An attribute applies to listeners that have all labels of its selector.",
    example: "listener_attribute:\n  selector: {}",
  },
  "secret/not-found": {
    severity: "error",
    message: (p: { ref: string; near?: string }) =>
      `no secret named "${p.ref}"${didYouMean(p.near)}`,
    hint: () =>
      "secrets are encrypted files below secrets/, or files of the folder given by --secrets-dir, named like the reference",
    explain:
      "The object refers to a secret that is neither below `secrets/`, encrypted with SOPS, nor in the secrets folder of the process.",
    example: "ssl_config:\n  secret_ref: pets-tls",
  },
  "secret/missing-key": {
    severity: "error",
    message: (p: { ref: string; key: string; needs: string }) =>
      `secret "${p.ref}" has no key "${p.key}"`,
    hint: (p: { ref: string; key: string; needs: string }) => p.needs,
    explain:
      "A secret for TLS holds PEM texts by key. A server needs its certificates in `tls.crt` and their private key in `tls.key` (in 2018: `ca_chain` and `private_key`); with `tls.root` too, it asks clients for certificates of that CA. For a back end, `tls.root` is the CA to trust, and `tls.crt` with `tls.key` a certificate for back ends that ask for one.",
    example: "# the secret pets-tls has only tls.crt\nssl_config:\n  secret_ref: pets-tls",
  },
  "secret/not-a-certificate": {
    severity: "error",
    message: (p: { ref: string; key: string }) =>
      `key "${p.key}" of secret "${p.ref}" is not a PEM certificate`,
    explain: "The value must be one or more certificates in PEM form, the server's own first.",
    example: "# <secrets-dir>/pets-tls\ntls.crt: pets.pem # the name of a file, not what is in it",
    cure: "Put the certificate itself there, from `-----BEGIN CERTIFICATE-----` on.",
  },
  "secret/not-a-key": {
    severity: "error",
    message: (p: { ref: string; key: string }) =>
      `key "${p.key}" of secret "${p.ref}" is not a PEM private key without a passphrase`,
    explain: "The value must be a private key in PEM form that is not protected by a passphrase.",
    example: "# <secrets-dir>/pets-tls\ntls.key: |\n  -----BEGIN ENCRYPTED PRIVATE KEY-----",
    cure: "Put the key itself there; `openssl pkey -in key.pem -out plain.pem` takes a passphrase off.",
  },
  "secret/key-mismatch": {
    severity: "error",
    message: (p: { ref: string }) =>
      `certificate and private key of secret "${p.ref}" do not belong together`,
    hint: () => "the first certificate of tls.crt must be the one that tls.key was made for",
    explain: "Envoy refuses a certificate whose public key is not that of the private key.",
    example: "# <secrets-dir>/pets-tls\ntls.crt: |\n  # of this year\ntls.key: |\n  # of last year",
  },
} as const satisfies Record<string, CatalogEntry>;
