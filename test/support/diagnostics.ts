import { diagnostic, type Diagnostic } from "../../src/diagnostics/diagnostic.js";

/** Three diagnostics: one with everything, one with nothing that may be absent, and a hostile one. */
export const sampleDiagnostics: readonly Diagnostic[] = [
  diagnostic(
    "name/duplicate",
    { kind: "Upstream", name: "pets" },
    {
      resource: { kind: "Upstream", name: "pets" },
      pointer: "/name",
      location: { file: "upstreams/pets.yaml", line: 3, column: 7 },
      related: [
        {
          message: "first declared here",
          location: { file: "teams/a/pets.yaml", line: 1, column: 7 },
        },
      ],
    },
  ),
  diagnostic("route/weights-too-large", { sum: 5_000_000_000 }, {}),
  diagnostic(
    "route/lower-case-verb",
    { verb: "get\n::error::\u001b[2J100%" },
    {
      resource: { kind: "VirtualService", name: "a" },
      pointer: "",
      location: { file: "a, b:\nc.yaml", line: 1, column: 1 },
    },
  ),
];
