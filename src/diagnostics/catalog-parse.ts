/** What can be wrong with a file before its content is looked at as config. */
export const parseCatalog = {
  "parse/yaml-syntax": {
    severity: "error",
    message: (p: { reason: string }) => `not valid YAML: ${p.reason}`,
    hint: () => "mend the syntax, or add the file to ignore in gloo.yaml if it is no config",
  },
  "parse/json-syntax": {
    severity: "error",
    message: (p: { reason: string }) => `not valid JSON: ${p.reason}`,
    hint: () => "a .json file must be strict JSON: no comments, no trailing commas",
  },
  "parse/not-utf8": {
    severity: "error",
    message: () => "not valid UTF-8",
    hint: () => "save the file as UTF-8",
  },
  "parse/refused-entry": {
    severity: "error",
    message: (p: { reason: string }) => `config is not read from a ${p.reason}`,
    hint: () => "put a plain file here, or add the path to ignore in gloo.yaml",
  },
  "parse/not-an-object": {
    severity: "error",
    message: (p: { kind: string; found: string }) => `expected a ${p.kind}, found ${p.found}`,
    hint: () => "a document holds one object, or a list of objects",
  },
} as const;
