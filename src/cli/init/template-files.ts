import { readFileSync } from "node:fs";
import { readSchema } from "../../model/schema-files.js";
import { productVersion } from "../../app/version.js";

/** Where pull requests are checked. */
export const ciKinds = ["github", "gitlab", "gitea", "forgejo"] as const;
export type CiKind = (typeof ciKinds)[number];

/** What a new config repository is made for. */
export interface TemplateOptions {
  readonly ci: readonly CiKind[];
  /** The branch that is served. */
  readonly branch: string;
  /** Whether there is to be something to start from: an upstream, a route and a test. */
  readonly samples: boolean;
}

/** Path → text, for all files of a new config repository, in the order in which they are told of. */
export function templateFiles(options: TemplateOptions): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const add = (
    path: string,
    template: string,
    more: Readonly<Record<string, string>> = {},
  ): void => {
    files.set(path, fill(template, { BRANCH: options.branch, VERSION: productVersion(), ...more }));
  };
  add("README.md", "README.md");
  add("gloo.yaml", "gloo.yaml");
  if (options.samples) {
    add("upstreams/hello.yaml", "upstream.yaml");
    add("virtualservices/hello.yaml", "virtual-service.yaml");
    add("tests/hello.yaml", "tests.yaml");
  }
  add(".editorconfig", "editorconfig");
  add(".vscode/settings.json", "vscode-settings.json");
  add(".vscode/extensions.json", "vscode-extensions.json");
  for (const [name, source] of editorSchemas) {
    const text = `${JSON.stringify(readSchema(source), undefined, 2)}\n`;
    files.set(`.gloo/schemas/${name}.schema.json`, text);
  }
  for (const kind of options.ci) {
    const [path, template, runner] = workflows[kind];
    add(path, template, { RUNNER: runner });
  }
  return files;
}

const editorSchemas = [
  ["upstream", "editor/upstream"],
  ["virtual-service", "editor/virtual-service"],
  ["role", "editor/role"],
  ["attribute", "editor/attribute"],
  ["tests", "tests"],
  ["gloo-yaml", "gloo-yaml"],
] as const;

const workflows: Readonly<
  Record<CiKind, readonly [path: string, template: string, runner: string]>
> = {
  github: [".github/workflows/gloo.yml", "actions.yml", "ubuntu-latest"],
  gitea: [".gitea/workflows/gloo.yml", "actions.yml", "ubuntu-latest"],
  forgejo: [".forgejo/workflows/gloo.yml", "actions.yml", "docker"],
  gitlab: [".gitlab-ci.yml", "gitlab.yml", ""],
};

function fill(template: string, values: Readonly<Record<string, string>>): string {
  const text = readFileSync(new URL(`template/${template}`, import.meta.url), "utf8");
  return text.replaceAll(/__([A-Z]+)__/g, (whole, name: string) => values[name] ?? whole);
}
