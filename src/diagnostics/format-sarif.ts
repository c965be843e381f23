import { printableText } from "../lib/printable-text.js";
import type { SourceLocation } from "../model/location.js";
import type { CatalogEntry, Severity } from "./catalog-entry.js";
import { catalog, type DiagnosticCode } from "./catalog.js";
import type { Diagnostic } from "./diagnostic.js";
import { fingerprintsOf } from "./fingerprint.js";
import { subjectOf } from "./format-text.js";

/** What a SARIF log says besides the diagnostics. */
export interface SarifOptions {
  /** The version of the product. */
  readonly version: string;
}

/**
 * Diagnostics as a SARIF 2.1.0 log, which GitHub code scanning, Azure DevOps and editors show. The rules
 * are the codes that occur, each with what docs/diagnostics.md says of it. Paths are to be those of the
 * repository.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function formatDiagnosticsSarif(
  diagnostics: readonly Diagnostic[],
  { version }: SarifOptions,
): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const fingerprints = fingerprintsOf(diagnostics);
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "gloo", semanticVersion: version, rules: codes.map(ruleOf) } },
        automationDetails: { id: "gloo-check/" },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map((found, index) => ({
          ruleId: found.code,
          ruleIndex: codes.indexOf(found.code),
          level: found.severity,
          message: { text: messageOf(found) },
          locations: [placeOf(found)],
          ...(found.related?.length && {
            relatedLocations: found.related.map(({ message, location }, id) => ({
              id,
              message: { text: printableText(message) },
              physicalLocation: physicalOf(location),
            })),
          }),
          partialFingerprints: { "glooDiagnostic/v1": fingerprints[index] },
        })),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function messageOf(found: Diagnostic): string {
  const hint = found.hint === undefined ? "" : `\nhint: ${printableText(found.hint)}`;
  return printableText(subjectOf(found) + found.message) + hint;
}

function ruleOf(code: DiagnosticCode) {
  const entry: CatalogEntry = catalog[code];
  const { explain, cure, example, severity } = entry;
  const help = [
    explain,
    ...(example === undefined ? [] : [`Example:\n\n\`\`\`yaml\n${example}\n\`\`\``]),
    ...(cure === undefined ? [] : [cure]),
  ].join("\n\n");
  return {
    id: code,
    shortDescription: { text: code.replace("/", ": ").replaceAll("-", " ") },
    fullDescription: { text: explain },
    help: { text: help, markdown: help },
    defaultConfiguration: { level: severity satisfies Severity },
  };
}

function placeOf(found: Diagnostic) {
  const { resource, pointer = "", location } = found;
  return {
    // What has no place is about the whole config.
    physicalLocation: location === undefined ? wholeRepository : physicalOf(location),
    ...(resource && {
      logicalLocations: [
        {
          name: resource.name,
          fullyQualifiedName: `${resource.kind}/${resource.name}${pointer && `#${pointer}`}`,
        },
      ],
    }),
  };
}

const wholeRepository = { artifactLocation: { uri: ".", uriBaseId: "%SRCROOT%" } };

function physicalOf({ file, line, column }: SourceLocation) {
  const uri = file.split("/").map(encodeURIComponent).join("/");
  return {
    artifactLocation: { uri, uriBaseId: "%SRCROOT%" },
    region: { startLine: line, startColumn: column },
  };
}
