import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of messages: functions of service types `nats` and `nats-streaming`. */
export const natsCatalog = {
  "nats/invalid-subject": {
    severity: "error",
    message: (p: { subject: string; problem: string }) =>
      `${JSON.stringify(p.subject)} is no subject to publish to: ${p.problem}`,
    hint: () => "a subject is tokens with dots in between, such as orders.created",
    explain:
      "A function of a NATS upstream is the subject that messages go to. A subject has no empty tokens, no wildcards (`*`, `>`), no spaces and no control characters, and is not one of the server's own (`$JS`, `$SYS`, `_INBOX`), by which streams are changed and replies forged.",
    example: `single_destination:
  function: { upstream_name: messages, function_name: orders.* }`,
  },
  "nats/functions-listed": {
    severity: "error",
    message: () => "functions are not required for service type nats-streaming",
    hint: () => "remove functions: routes name the subjects themselves",
    explain:
      "The functions of a `nats-streaming` upstream are the subjects that routes name. As in 2018 they are not listed; an upstream of service type `nats` may list some, with a mode of their own.",
    example: `service_info:
  type: nats-streaming
functions:
  - name: orders.created`,
  },
  "nats/without-effect": {
    severity: "warning",
    message: (p: { key: string }) => `"${p.key}" has no meaning for JetStream`,
    hint: (p: { key: string }) => `remove "${p.key}"`,
    explain:
      "NATS Streaming, which these properties are about, is no more: messages go to JetStream, which finds the stream by the subject. The properties of 2018 still load.",
    example: `service_info:
  type: nats-streaming
  properties:
    cluster_id: test-cluster`,
  },
  "nats/no-subject": {
    severity: "warning",
    message: (p: { upstream: string }) =>
      `upstream "${p.upstream}" publishes to subjects, and this destination names none`,
    hint: () => "name one: function: { upstream_name: …, function_name: orders.created }",
    explain:
      "Requests to a NATS upstream itself reach the bridge as they are, as they did in 2018. It publishes nothing without a subject, whatever a client sends, and answers 400.",
    example: `single_destination:
  upstream:
    name: messages # of service type nats`,
  },
} as const satisfies Record<string, CatalogEntry>;
