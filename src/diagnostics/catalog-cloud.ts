import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of functions of clouds: upstreams of type `aws`, `azure` and `google`. */
export const cloudCatalog = {
  "cloud/no-function": {
    severity: "error",
    message: (p: { upstream: string }) =>
      `upstream "${p.upstream}" is called by its functions, and this destination names none`,
    hint: () => "name one: function: { upstream_name: …, function_name: … }",
    explain:
      "An upstream of a cloud's functions is no back end of its own: each request to it calls one of its functions, which the destination of the route has to name.",
    example: `single_destination:
  upstream:
    name: lambda # of type aws`,
  },
  "cloud/service-type": {
    severity: "error",
    message: (p: { type: string; service: string }) =>
      `an upstream of type "${p.type}" has functions of its own, and none of service type "${p.service}"`,
    hint: () => "remove service_info",
    explain:
      "The functions of a cloud are called as the cloud wants it. `service_info` would say that they are requests made from templates, or calls of another protocol.",
    example: `type: aws
spec: { region: us-east-1 }
service_info:
  type: REST`,
  },
  "cloud/not-encrypted": {
    severity: "warning",
    message: () => "requests to this endpoint are not encrypted",
    hint: () => "write https://",
    explain:
      "The endpoint of a cloud's functions is an `http://` URL. That suits an emulator on the same machine; anywhere else, whoever is in between can read and change the traffic, and take the credentials or signatures in it.",
    example: `spec:
  region: us-east-1
  endpoint: http://localstack.internal:4566`,
  },
  "aws/several-credentials": {
    severity: "error",
    message: (p: { keys: string }) => `calls can be signed with one of ${p.keys}`,
    hint: () => "keep one of them",
    explain:
      "An upstream of type `aws` has its credentials from one place: from the secret that `secret_ref` names, or from one of the sources in `credentials`. Only `assume_role` goes with a source, whose credentials it exchanges for those of the role.",
    example: `spec:
  region: us-east-1
  credentials:
    instance_profile: {}
    file:
      path: /etc/aws/credentials`,
  },
  "aws/session-duration": {
    severity: "error",
    message: () => "a session lasts 15 minutes to 12 hours",
    explain: "AWS gives no credentials of a role for a shorter or a longer time.",
    example: `credentials:
  assume_role:
    role_arn: arn:aws:iam::123456789012:role/invoke-functions
    session_duration: 24h`,
    cure: "Choose a duration from `15m` to `12h`, and no longer than the role itself allows.",
  },
  "aws/unused-execution-style": {
    severity: "warning",
    message: () => "no destination of this route is a function of AWS Lambda",
    hint: () => "remove execution_style",
    explain:
      "`execution_style` says whether to wait for what a function of AWS Lambda returns. For anything else it has no effect.",
    example: `single_destination:
  upstream:
    name: pets # of type static
extensions:
  execution_style: async`,
  },
  "azure/no-key": {
    severity: "error",
    message: (p: { level: string; keys: string; ref?: string }) =>
      `auth_level "${p.level}" needs a key, and ` +
      (p.ref === undefined
        ? 'the upstream has no "secret_ref"'
        : `secret "${p.ref}" has no ${p.keys}`),
    hint: (p: { level: string; keys: string; ref?: string }) =>
      `name a secret with ${p.keys} in secret_ref`,
    explain:
      "Azure wants a key for functions whose `auth_level` is `function` or `admin`. The secret that the upstream names has them by the functions' names; its key `_master` is the app's master key, which all functions take, and those of level `admin` only.",
    example: `spec:
  function_app_name: shop # and no secret_ref
functions:
  - name: resize
    spec: { function_name: resize-image, auth_level: function }`,
    cure: "Name the secret in `secret_ref`, and put the key into it.",
  },
  "google/other-host": {
    severity: "error",
    message: (p: { wanted: string; found: string }) =>
      `this function is at ${p.found}, and the upstream leads to ${p.wanted}`,
    hint: (p: { wanted: string; found: string }) =>
      `list it in an upstream of its own, with endpoint: ${p.found}`,
    explain:
      "An upstream of type `google` leads to one host: `<region>-<project_id>.cloudfunctions.net`, where the project's functions of the region are, or that of its `endpoint`. Functions of the second generation have a host of their own besides.",
    example: `spec: { region: europe-west1, project_id: shop-7 }
functions:
  - name: greet
    spec:
      url: https://greet-3xk2p7qzla-ew.a.run.app`,
    cure: "Use the function's other URL, at the upstream's host, or list it in an upstream whose `endpoint` is its host.",
  },
} as const satisfies Record<string, CatalogEntry>;
