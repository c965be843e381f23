import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of route assertions. */
export const testsCatalog = {
  "test/failed": {
    severity: "error",
    message: (p: { name: string; what: string; wanted: string; got: string; by?: string }) =>
      `test "${p.name}": ${p.what} is ${p.got}, not ${p.wanted}` +
      (p.by === undefined ? "" : `; ${p.by} answers`),
    hint: () =>
      "correct the route, or the test if it is out of date; `gloo explain` says why a route does not match",
    explain:
      "A file below `tests/` says what must become of a request, and the config does something else with it. Every test has to pass for a commit to go live. The place is that of the expectation; the place below it is that of the route which answers.",
    example:
      "# tests/pets.yaml\ntests:\n  - name: dogs go to the kennel\n    request: { url: 'http://pets.example/dogs' }\n    expect: { upstream: kennel } # but the route leads to `pets`",
  },
  "test/malformed-url": {
    severity: "error",
    message: (p: { problem: string }) => p.problem,
    hint: () => "write it as a client asks for it: https://pets.example/dogs?size=big",
    explain:
      "The `url` of a test's request has a scheme (`http` or `https`), a host, and a path as it is sent: blanks and all that is not ASCII are escaped. There is no user name and no fragment in it.",
    example:
      "# tests/pets.yaml\ntests:\n  - name: dogs\n    request: { url: pets.example/dogs }\n    expect: { upstream: pets }",
  },
  "test/duplicate-name": {
    severity: "error",
    message: (p: { name: string }) => `the file has two tests named "${p.name}"`,
    hint: () => "rename one of them: reports tell tests by their names",
    explain: "The names of the tests in a file are unique.",
    example:
      "# tests/pets.yaml\ntests:\n  - name: dogs\n    request: { url: 'http://pets.example/dogs' }\n    expect: { upstream: pets }\n  - name: dogs\n    request: { url: 'http://pets.example/cats' }\n    expect: { upstream: pets }",
  },
} as const satisfies Record<string, CatalogEntry>;
