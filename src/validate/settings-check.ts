import { hasFreeSeverity, isCode } from "../diagnostics/apply-severities.js";
import { catalog } from "../diagnostics/catalog.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { JsonPointer } from "../model/location.js";
import type { RepositorySettings } from "../model/generated/language.js";
import type { LocatedPolicies, Policies } from "../model/policies.js";
import { pointerOf } from "../model/location.js";
import { nearest } from "../lib/nearest.js";
import type { RawSettings } from "../parse/documents.js";
import { diagnosticOf, finding, type Finding } from "./finding.js";
import type { ObjectCheckOptions } from "./object-check.js";
import { normalize, writtenPointer } from "./normalize.js";

/** What `gloo.yaml` says. */
export interface CheckedSettings {
  /** Undefined if it has none, or mistakes. */
  readonly policies: LocatedPolicies | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks `gloo.yaml`, once for each reading of it. */
export function createSettingsCheck(
  options: ObjectCheckOptions,
): (settings: RawSettings) => CheckedSettings {
  const known = new WeakMap<RawSettings, CheckedSettings>();
  return (settings) => {
    let checked = known.get(settings);
    if (checked === undefined) known.set(settings, (checked = checkSettings(settings, options)));
    return checked;
  };
}

function checkSettings(
  settings: RawSettings,
  { schemas, shapeOf, schemaCheck }: ObjectCheckOptions,
): CheckedSettings {
  const moved = new Map<string, string>();
  const value = normalize(settings.value, shapeOf(schemas.settings), {
    moved: (canonical, written) => moved.set(canonical, written),
  });
  const locate = (pointer: JsonPointer, at?: "key" | "value") =>
    settings.origin.locate(writtenPointer(pointer, moved), at);
  const faults = schemaCheck.check(value, schemas.settings);
  // The schema has accepted it.
  const { policies } = faults.length > 0 ? {} : (value as unknown as RepositorySettings);
  const findings = [...faults, ...(policies === undefined ? [] : checkSeverities(policies))];
  return {
    policies:
      policies === undefined || findings.length > 0 ? undefined : { value: policies, locate },
    diagnostics: findings.map((found) =>
      diagnosticOf(found, (pointer, at) => ({ pointer, location: locate(pointer, at) })),
    ),
  };
}

function checkSeverities({ severity = {} }: Policies): readonly Finding[] {
  return Object.keys(severity).flatMap((code) => {
    const pointer = pointerOf("/policies/severity", code);
    if (!isCode(code)) {
      const near = nearest(code, Object.keys(catalog));
      const params = { code, ...(near !== undefined && { near }) };
      return [finding("severity/unknown-code", params, pointer, "key")];
    }
    return hasFreeSeverity(code) ? [] : [finding("severity/fixed", { code }, pointer, "key")];
  });
}
