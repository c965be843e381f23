import { dump } from "js-yaml";
import { parseProtoJson } from "../../envoy/parse-proto-json.js";
import { checkRules } from "../../envoy/rules.js";
import { invariant } from "../../lib/invariant.js";
import { envoyBootstrap, type BootstrapOptions } from "./envoy-bootstrap.js";

const type = "envoy.config.bootstrap.v3.Bootstrap";

/** The text of a bootstrap file, checked against the Envoy API field by field. */
export function renderBootstrap(options: BootstrapOptions, format: "yaml" | "json"): string {
  const bootstrap = envoyBootstrap(options);
  const { message, problems } = parseProtoJson(type, bootstrap);
  const faults = [...problems, ...checkRules(type, message)];
  invariant(faults.length === 0, `the bootstrap breaks the Envoy API: ${JSON.stringify(faults)}`);
  return format === "json" ? `${JSON.stringify(bootstrap, null, 2)}\n` : dump(bootstrap);
}
