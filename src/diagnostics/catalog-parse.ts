/** What can be wrong with a file before its content is looked at as config. */
export const parseCatalog = {
  "parse/yaml-syntax": {
    severity: "error",
    message: (p: { reason: string }) => `not valid YAML: ${p.reason}`,
    hint: () => "mend the syntax, or add the file to ignore in gloo.yaml if it is no config",
    explain: "A file that config is read from is not YAML. Nothing in it is read.",
  },
  "parse/json-syntax": {
    severity: "error",
    message: (p: { reason: string }) => `not valid JSON: ${p.reason}`,
    hint: () => "a .json file must be strict JSON: no comments, no trailing commas",
    explain: "A `.json` file is not strict JSON. Nothing in it is read.",
  },
  "parse/not-utf8": {
    severity: "error",
    message: () => "not valid UTF-8",
    hint: () => "save the file as UTF-8",
    explain: "A file holds bytes that are not UTF-8, such as Latin-1 umlauts.",
  },
  "parse/refused-entry": {
    severity: "error",
    message: (p: { reason: string }) => `config is not read from a ${p.reason}`,
    hint: () => "put a plain file here, or add the path to ignore in gloo.yaml",
    explain:
      "Symbolic links, submodules, files over the size limit and unsafe names are never read.",
  },
  "parse/not-an-object": {
    severity: "error",
    message: (p: { kind: string; found: string }) => `expected a ${p.kind}, found ${p.found}`,
    hint: () => "a document holds one object, or a list of objects",
    explain: "A document of a kind folder holds something other than an object, such as a text.",
  },
} as const;
