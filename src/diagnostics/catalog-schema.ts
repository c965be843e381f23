import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of checking one object against the schemas of the language. */
export const schemaCatalog = {
  "schema/unknown-key": {
    severity: "error",
    message: (p: { key: string; keys: string; near?: string }) =>
      `unknown key "${p.key}"` + (p.near === undefined ? "" : `; did you mean "${p.near}"?`),
    hint: (p: { key: string; keys: string }) =>
      p.keys === "" ? "nothing may stand here" : `keys here: ${p.keys}`,
    explain:
      "Every key is known to the language or is an error, also inside `spec`, `properties` and `extensions`, so that a slip never goes unnoticed.",
    example: "name: pets\ntype: static\nspec:\n  host: []",
  },
  "schema/same-key-twice": {
    severity: "error",
    message: (p: { key: string; spelling: string }) =>
      `"${p.spelling}" is another spelling of "${p.key}", which is set too`,
    hint: (p: { key: string }) => `keep "${p.key}"`,
    explain:
      "Keys are accepted in snake_case and lowerCamelCase, and some under older names. An object has each key once.",
    example: "connection_timeout: 5s\nconnectionTimeout: 5s",
  },
  "schema/missing-key": {
    severity: "error",
    message: (p: { key: string; example?: string }) => `the key "${p.key}" is missing`,
    hint: (p: { key: string; example?: string }) =>
      p.example === undefined ? `add "${p.key}"` : `for example: ${p.example}`,
    explain: "The object needs this key. The place given is that of the object.",
    example: "name: pets\ntype: static",
  },
  "schema/needs-key": {
    severity: "error",
    message: (p: { key: string; needs: string }) => `"${p.key}" says nothing without "${p.needs}"`,
    hint: (p: { key: string; needs: string }) => `add "${p.needs}", or remove "${p.key}"`,
    explain: "One key only qualifies another, which is missing.",
    example: "extensions:\n  retry_on: 5xx",
  },
  "schema/exactly-one": {
    severity: "error",
    message: (p: { keys: string; found?: string }) =>
      `set exactly one of ${p.keys}` + (p.found === undefined ? "" : `, not ${p.found}`),
    explain: "The object has one of several forms, and exactly one of these keys says which.",
    example: "request_matcher:\n  path_prefix: /\n  path_exact: /pets",
    cure: "Keep one of the keys that the message lists, and remove the others.",
  },
  "schema/wrong-type": {
    severity: "error",
    message: (p: { expected: string; found: string; example?: string }) =>
      `expected ${p.expected}, found ${p.found}`,
    hint: (p: { expected: string; found: string; example?: string }) =>
      p.example === undefined ? "" : `for example: ${p.example}`,
    explain:
      "Values are not converted: a quoted number is a string, and a bare number is not a name.",
    example: 'port: "8080"',
  },
  "schema/not-one-of": {
    severity: "error",
    message: (p: { allowed: string; found: string; near?: string }) =>
      `expected ${p.allowed}, found ${p.found}` +
      (p.near === undefined ? "" : `; did you mean "${p.near}"?`),
    explain: "Only the listed values are known.",
    example: "stage: first",
    cure: "Write one of the values that the message lists.",
  },
  "schema/out-of-range": {
    severity: "error",
    message: (p: { range: string; found: string }) => `must be ${p.range}, found ${p.found}`,
    explain: "The number lies outside of what is possible here.",
    example: "port: 70000",
    cure: "Write a number within the range.",
  },
  "schema/empty": {
    severity: "error",
    message: (p: { what: string }) => `${p.what} must not be empty`,
    explain: "An empty value has no meaning here.",
    example: "spec:\n  hosts: []",
    cure: "Write a value, or remove the key.",
  },
  "schema/too-long": {
    severity: "error",
    message: (p: { limit: number; unit: string }) => `longer than ${p.limit} ${p.unit}`,
    explain: "The value is longer than what is possible here.",
    example: "ssl_config:\n  secret_ref: a-name-that-goes-on-for-three-hundred-characters",
    cure: "Shorten it.",
  },
  "schema/duplicate-item": {
    severity: "error",
    message: (p: { first: number; second: number }) =>
      `items ${p.first} and ${p.second} of the list are equal`,
    explain: "The list may hold each value once.",
    example: "# Where a plugin wants a list without repetitions.\nvalues: [a, a]",
    cure: "Remove one of the two.",
  },
  "schema/no-form-fits": {
    severity: "error",
    message: (p: { found: string }) => `${p.found} has none of the forms that are possible here`,
    explain: "The value may have one of several forms, and it has none of them.",
    example: "# Where a plugin takes a number or a list of names.\nvalue: { count: 1 }",
    cure: "Write it in one of the forms that the plugin's documentation shows.",
  },
  "schema/violated": {
    severity: "error",
    message: (p: { reason: string }) => p.reason,
    explain: "The value breaks a rule of its schema.",
    example: "# Where a plugin's schema has a rule of its own, such as multiples of 8.\nsize: 7",
    cure: "Change the value so that the rule holds.",
  },
  "object/too-many-errors": {
    severity: "error",
    message: (p: { shown: number }) =>
      `this object has more mistakes than the ${p.shown} that are shown`,
    hint: () => "mend those first: very many most likely have a single cause",
    explain: "An object with very many mistakes most likely has a single cause.",
    example:
      "name: pets\ntype: static\nspec:\n  hosts:\n    - 10.0.0.1:80 # and so on: each item should be a mapping",
  },
  "object/too-many-warnings": {
    severity: "warning",
    message: (p: { shown: number }) =>
      `this object has more to warn of than the ${p.shown} warnings that are shown`,
    hint: () => "mend those first: very many most likely have a single cause",
    explain: "An object with very many doubtful places most likely has a single cause.",
    example:
      "name: pets\nroutes:\n  - request_matcher: { path_prefix: / } # and after it, many that are never reached",
  },
  "name/malformed": {
    severity: "error",
    message: (p: { text: string; reason: string }) => `"${p.text}" is not a name: ${p.reason}`,
    hint: () =>
      "names have lower-case letters, digits, `-` and `.`, begin and end with a letter or digit, and have at most 253 characters",
    explain:
      "Names are those of Kubernetes objects (RFC 1123 subdomains), so that an object can move between forms.",
    example: "name: Pet_Store",
  },
  "duration/malformed": {
    severity: "error",
    message: (p: { text: string; reason: string }) => `"${p.text}" is not a duration: ${p.reason}`,
    hint: () => "write a number and a unit (h, m, s, ms, us, ns), such as 5s, 1m30s or 1500ms",
    explain:
      "Durations are Go's: numbers with units, one after the other; or, as in 2018, an integer of nanoseconds.",
    example: "timeout: 30 seconds",
  },
  "duration/nanoseconds": {
    severity: "warning",
    message: (p: { nanoseconds: number }) =>
      `a duration without a unit is in nanoseconds: this is ${p.nanoseconds} ns, less than a millisecond`,
    hint: (p: { nanoseconds: number }) => `write a unit, such as ${p.nanoseconds}s`,
    explain:
      "The config language of 2018 had integers of nanoseconds for durations, and they still are. A small one is more likely meant to be something else.",
    example: "timeout: 30",
  },
  "domain/malformed": {
    severity: "error",
    message: (p: { text: string; reason: string }) => `"${p.text}" is not a domain: ${p.reason}`,
    hint: () => "write pets.example, *.pets.example, pets.* or *, each with a :port if need be",
    explain:
      "Domains are compared with the host of a request, so they have neither a scheme nor a path. A `*` may stand at one end.",
    example: "domains: [https://pets.example/]",
  },
  "tls/malformed-server-name": {
    severity: "error",
    message: (p: { text: string; reason: string }) =>
      `"${p.text}" is not a server name of TLS: ${p.reason}`,
    hint: () => "write pets.example, *.pets.example or *",
    explain:
      "A server name is what a client asks for when TLS begins: a host name without a port. A `*` may stand for its first labels.",
    example: 'sni_domains: ["pets.example:8443"]',
  },
  "header/malformed-name": {
    severity: "error",
    message: (p: { text: string; reason: string }) =>
      `"${p.text}" is not possible here: ${p.reason}`,
    explain:
      "Header names are tokens of HTTP. Headers that begin with `:`, and `host`, can be matched but neither added nor removed; `host_rewrite` and `prefix_rewrite` change them.",
    example: "add_request_headers:\n  - key: 'x from'",
    cure: "Write the name of a header, or use the key that is made for the purpose.",
  },
  "header/malformed-value": {
    severity: "error",
    message: (p: { text: string; reason: string }) =>
      `"${p.text}" is not possible here: ${p.reason}`,
    explain:
      "Header values have no control characters. In values that are added, `%` begins a command of Envoy, such as `%PROTOCOL%`; a literal one is written `%%`.",
    example: "add_request_headers:\n  - key: x-discount\n    value: 50%",
    cure: "Leave control characters out, and write `%%` for a literal `%`.",
  },
  "regex/malformed": {
    severity: "error",
    message: (p: { text: string; reason: string }) => `"${p.text}" is not a regex: ${p.reason}`,
    hint: () => "the syntax is RE2's: no look-around, no back references",
    explain:
      "Regular expressions are Envoy's, which are RE2's: https://github.com/google/re2/wiki/Syntax.",
    example: "path_regex: /pets/(?!secret)",
  },
  "address/malformed": {
    severity: "error",
    message: (p: { text: string; reason: string }) => `"${p.text}" is not an address: ${p.reason}`,
    hint: () => "the port stands apart; write 10.0.0.7, 2001:db8::7 or api.example.com",
    explain: "An address is an IPv4 or IPv6 address or a DNS name, without scheme, port or path.",
    example: "addr: http://api.example.com",
  },
  "address/not-an-ip": {
    severity: "error",
    message: (p: { text: string; reason: string }) =>
      `"${p.text}" is not an IP address: ${p.reason}`,
    hint: () => "write 127.0.0.1, 0.0.0.0 or ::, which is every address",
    explain: "A listener binds to an IPv4 or IPv6 address. Names are not looked up for it.",
    example: "bind_address: localhost",
  },
  "verb/malformed": {
    severity: "error",
    message: (p: { text: string; reason: string }) => `"${p.text}" is not a method: ${p.reason}`,
    hint: () => "list one method per item, such as [GET, POST]",
    explain: "HTTP methods are tokens, such as GET.",
    example: 'verbs: ["GET,POST"]',
  },
  "glob/malformed": {
    severity: "error",
    message: (p: { text: string; reason: string }) =>
      `"${p.text}" is not a usable glob: ${p.reason}`,
    hint: () => "write globs such as docs/** or **/*.draft.yaml",
    explain: "Globs in `gloo.yaml` are simple, so that matching them never takes long.",
    example: "ignore: ['/docs/**']",
  },
} as const satisfies Record<string, CatalogEntry>;
