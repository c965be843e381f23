import type { CatalogEntry } from "./catalog-entry.js";

const ignoreHint = (): string =>
  "if it is not config, list it under `ignore` in gloo.yaml at the base path";

/** The diagnostics of the parse stage: files, text, YAML, JSON, and what kind of object it is. */
export const parseCatalog = {
  "tree/missing-folder": {
    severity: "error",
    message: (p: { folder: string }) => `the commit has no folder "${p.folder}"`,
    hint: () =>
      "restore the folder, or lead the process to where the config lies (`--path`); to serve nothing, keep a file in it and ask for it (`POST /api/v1/reconcile?force=true`)",
    explain:
      "The process is told to read its config below a folder that the commit does not have. Taken literally, that would empty every Envoy; far more often the folder was moved, or its name is misspelt in the settings.",
    example: "# gloo serve --path env/prd\n# env/prod/upstreams/pets.yaml\nname: pets",
  },
  "tree/too-many-files": {
    severity: "error",
    message: (p: { limit: number; found: number }) =>
      `the tree has ${p.found} config files, more than the limit of ${p.limit}`,
    hint: () => "combine objects in fewer files, or raise the limit of this process",
    explain:
      "The number of files that config is read from is limited, so that no commit can exhaust the process. Several objects may share a file.",
    example: "# 50,001 files with one upstream each",
  },
  "tree/unknown-folder": {
    severity: "warning",
    message: (p: { folder: string; near: string }) =>
      `the folder "${p.folder}" has no meaning, so its objects need a \`kind\` of their own; did you mean "${p.near}"?`,
    hint: (p: { folder: string; near: string }) => `rename it to "${p.near}"`,
    explain:
      "Objects get their kind from the nearest folder named `upstreams`, `virtualservices`, `roles` or `attributes`. A folder whose name is almost one of these is most likely a slip, and its files would silently not be config.",
    example: "# virtual-services/pets.yaml\nname: pets",
  },
  "file/symlink": {
    severity: "error",
    message: (p: { path: string }) => `"${p.path}" is a symbolic link, which is never followed`,
    hint: () => "commit the file itself in its place",
    explain:
      "A link could lead out of the repository, so links are not followed. Commit a copy of the file, or ignore the link in `gloo.yaml`.",
    example: "upstreams/pets.yaml -> ../../shared/pets.yaml",
  },
  "file/submodule": {
    severity: "warning",
    message: (p: { path: string }) => `"${p.path}" is a submodule, whose files are not read`,
    hint: () => "if it holds config, commit that config here; else ignore it in gloo.yaml",
    explain: "Submodules are not fetched. Config must be in the repository itself.",
    example: '# .gitmodules\n[submodule "shared"]\n  path = upstreams/shared',
  },
  "file/too-large": {
    severity: "error",
    message: (p: { path: string; bytes?: number; limit?: number }) =>
      `"${p.path}" is too large` +
      (p.bytes === undefined ? "" : `: ${p.bytes} bytes`) +
      (p.limit === undefined ? "" : `, more than the limit of ${p.limit}`),
    hint: () => "split it into several files",
    explain:
      "The size of a config file is limited, so that no commit can exhaust the process. Split the file; several files may declare objects of one kind.",
    example: "# upstreams/all.yaml, 5 MB of it",
  },
  "file/unsafe-name": {
    severity: "error",
    message: (p: { path: string }) => `the path ${JSON.stringify(p.path)} has an unsafe name in it`,
    hint: () => "rename it to a plain name of letters, digits, `-`, `_` and `.`",
    explain:
      "Names such as `..`, `.git`, names with a backslash or control characters, and Windows device names are refused wherever they stand.",
    example: "upstreams/con.yaml # a device on Windows",
  },
  "file/too-deep": {
    severity: "error",
    message: (p: { path: string }) => `"${p.path}" lies too many folders deep`,
    hint: () => "move it closer to the base path",
    explain: "The depth of the tree is limited, so that no commit can exhaust the process.",
    example:
      "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/a/b/c/d/e/f/g/upstreams/pets.yaml",
  },
  "file/case-collision": {
    severity: "warning",
    message: (p: { name: string; other: string }) =>
      `"${p.name}" and "${p.other}" differ only in upper and lower case`,
    hint: () => "rename one of them: on Windows and macOS only one of the two can be checked out",
    explain:
      "Both files are read, but file systems that ignore case can hold only one of them, so a checkout there silently differs from the commit.",
    example: "upstreams/pets.yaml\nupstreams/Pets.yaml",
  },
  "file/ambiguous-name": {
    severity: "error",
    message: (p: { name: string; other: string }) =>
      `objects could not tell this "${p.name}" from ${p.other}`,
    hint: () => "rename one of them, or remove the one that is not used",
    explain:
      "Objects name what they refer to by its path below the folder `files`. There may be several such folders, but all names together are one namespace.",
    example: "teams/a/files/pets.proto\nteams/b/files/pets.proto",
  },
  "text/not-utf8": {
    severity: "error",
    message: (p: { encoding?: string }) =>
      p.encoding === undefined
        ? "the file is not valid UTF-8 from here on"
        : `the file is encoded in ${p.encoding}, not in UTF-8`,
    hint: () => "save it as UTF-8",
    explain: "Config files are UTF-8, with or without a byte order mark.",
    example: "name: caf\\xe9 # the bytes of Latin-1",
  },
  "yaml/syntax": {
    severity: "error",
    message: (p: { reason: string }) => p.reason,
    hint: ignoreHint,
    explain:
      "The file is not YAML 1.2. The position is where the reader could not go on; the cause is there or shortly before, often a wrong indentation or a missing quote.",
    example: "name: pets\n type: static",
  },
  "yaml/duplicate-key": {
    severity: "error",
    message: (p: { key: string }) => `the key "${p.key}" is already in this mapping`,
    hint: () => "remove one of the two",
    explain: "A mapping may have each key once. Which of two values was meant cannot be guessed.",
    example: "name: pets\ntype: static\nname: dogs",
  },
  "yaml/too-deep": {
    severity: "error",
    message: (p: { limit: number }) => `values are nested more than ${p.limit} deep`,
    explain: "Nesting is limited, so that no document can exhaust the process.",
    example: "a: {b: {c: {d: {e: {}}}}} # and so on, 101 deep",
    cure: "Flatten the value: nothing in the language is nested so deep.",
  },
  "yaml/too-many-aliases": {
    severity: "error",
    message: (p: { limit: number }) => `the document has more than ${p.limit} aliases (\`*name\`)`,
    hint: () => "write the values out",
    explain: "Aliases are limited: a few lines of them can stand for billions of values.",
    example:
      "host: &host {addr: 10.0.0.7, port: 80}\nhosts: [*host, *host, *host] # and so on, 101 times",
  },
  "yaml/recursive-alias": {
    severity: "error",
    message: () => "an alias (`*name`) stands inside the value that it refers to",
    hint: () => "write the value out",
    explain: "Such a value has no end.",
    example: "name: pets\nspec: &self\n  hosts: *self",
  },
  "yaml/too-many-values": {
    severity: "error",
    message: (p: { limit: number }) => `the document has more than ${p.limit} values`,
    hint: () => "split it into several files",
    explain:
      "The number of values, aliases written out, is limited, so that no document can exhaust the process.",
    example:
      "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b] # and so on",
  },
  "yaml/merge-key": {
    severity: "error",
    message: () => "the merge key `<<` is not part of YAML 1.2",
    hint: () => "write the merged keys out",
    explain:
      "`<<` is a feature of YAML 1.1 that 1.2 dropped. Tools disagree on what it means, so it is refused.",
    example: "base: &base {port: 80}\nhost:\n  <<: *base",
  },
  "yaml/ambiguous": {
    severity: "warning",
    message: (p: { text: string; here: string; elsewhere: string }) =>
      `\`${p.text}\` is ${p.here} here (YAML 1.2), but ${p.elsewhere} for tools that read YAML 1.1`,
    hint: (p: { text: string; here: string; elsewhere: string }) =>
      p.here.startsWith("the string")
        ? `put it in quotes: "${p.text}"`
        : "write the value out in decimal digits, or put it in quotes if it is a string",
    explain:
      "YAML 1.1 reads `yes`, `no`, `on`, `off`, `012`, `1:30`, `1_000` and dates otherwise than YAML 1.2 does. kubectl and other tools read 1.1, so the same file could mean two things.",
    example: "annotations:\n  beta: yes",
  },
  "json/syntax": {
    severity: "error",
    message: (p: { reason: string }) => p.reason,
    hint: ignoreHint,
    explain:
      "A file whose name ends in `.json` must be JSON: quoted keys, no comments, no comma after the last item.",
    example: '{ "name": "pets", }',
  },
  "object/not-a-mapping": {
    severity: "error",
    message: (p: { found: string }) => `expected an object with keys, found ${p.found}`,
    hint: ignoreHint,
    explain:
      "A config file holds one object, several separated by `---`, a list of objects, or the combined form with lists per kind.",
    example: "# upstreams/pets.yaml\njust some text",
  },
  "object/unknown-kind": {
    severity: "error",
    message: (p: { kind: string; near?: string }) =>
      `unknown kind ${p.kind}` + (p.near === undefined ? "" : `; did you mean "${p.near}"?`),
    hint: () =>
      "kinds are Upstream, VirtualService, Role and Attribute; if the file is not config, list it under `ignore` in gloo.yaml",
    explain: "`kind` names the kind of an object. Within a kind's folder it may be left out.",
    example: "kind: Upstreams\nname: pets",
  },
  "object/unknown-api-version": {
    severity: "error",
    message: (p: { apiVersion: string }) =>
      `unknown apiVersion ${p.apiVersion}; expected "gloo.solo.io/v1"`,
    hint: ignoreHint,
    explain:
      "The Kubernetes form is that of the custom resources of Gloo v1, whose `apiVersion` is `gloo.solo.io/v1`.",
    example: "apiVersion: gateway.solo.io/v1\nkind: VirtualService",
  },
  "secrets/clear-text": {
    severity: "error",
    message: () => "the file is not encrypted with SOPS, and secrets/ holds encrypted files only",
    hint: () =>
      "take the secret out of the repository and of its history, change it, and commit it encrypted; or use --secrets-dir",
    explain:
      "Below `secrets/` only YAML and JSON files that SOPS has encrypted may lie (they have a key `sops`). Whatever was committed in clear text must be taken as known to everyone who can read the repository.",
    example: "# secrets/pets-tls.yaml\ntls.key: |\n  -----BEGIN PRIVATE KEY-----",
  },
} as const satisfies Record<string, CatalogEntry>;
