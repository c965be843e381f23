import { diagnostic, type Diagnostic, type Target } from "../diagnostics/diagnostic.js";
import { checkRules } from "../envoy/rules.js";
import type { MessageTypes } from "../envoy/generated/messages.js";

/**
 * What the rules of the Envoy API say against a message that is about to be served, as diagnostics at
 * the object it was made from. One fault would make Envoy reject the whole response.
 */
export function checkResource<K extends keyof MessageTypes>(
  type: K,
  message: MessageTypes[K],
  targetFor: (path: string) => Target,
): readonly Diagnostic[] {
  return checkRules(type, message).map(({ path, message: rule }) =>
    diagnostic("envoy/rule-violated", { path, rule }, targetFor(path)),
  );
}
