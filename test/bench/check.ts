import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runGloo } from "../support/cli.js";
import { envoyPath } from "../support/envoy-binary.js";
import { runGit } from "../support/git-repo.js";
import { treeT, upstreamPath, upstreamText, type TreeTOptions } from "../support/tree-t.js";
import { median, medianOf, timeMs, type Bench, type BenchRow } from "./bench.js";
import { childrenCpuS } from "./machine.js";

const rounds = 5;
const trees: readonly { readonly what: string; readonly tree: TreeTOptions; budgetS: number }[] = [
  { what: "tree T", tree: {}, budgetS: 6 },
  {
    what: "a tree of 10 files",
    tree: { upstreams: 8, virtualServices: 2, routes: 4, folders: 2 },
    budgetS: 0.6,
  },
];

/** P7, and P7c of a change alone: the whole process of `gloo check`, from a shell's point of view, on files that are on disk. */
export const checkBench: Bench = {
  id: "P7",
  covers: ["P7c"],
  async run() {
    const env = { ...process.env, ENVOY_BIN: await envoyPath() };
    const folder = await mkdtemp(join(tmpdir(), "gloo-bench-"));
    try {
      const rows: BenchRow[] = [];
      for (const [index, { what, tree, budgetS }] of trees.entries()) {
        const target = join(folder, String(index));
        await writeFiles(target, treeT(tree));
        const check = (...flags: readonly string[]): Promise<Measured> =>
          measure(target, flags, env);
        const row = { id: "P7", unit: "s", budget: budgetS } as const;
        rows.push(
          { ...row, what: `gloo check on ${what}, without Envoy`, ...(await check("--no-envoy")) },
          {
            ...row,
            what: `gloo check on ${what}, judged by Envoy too`,
            ...(await check("--envoy")),
          },
        );
        if (index > 0) continue;
        await changeOneFile(target);
        rows.push({
          id: "P7c",
          unit: "s",
          budget: 1,
          what: `gloo check --changed on ${what}: one upstream, and the route to it`,
          ...(await check("--changed")),
        });
      }
      return rows;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Measured = Pick<BenchRow, "value" | "range" | "against">;

/** Commits all files, and changes one of them. */
async function changeOneFile(folder: string): Promise<void> {
  await runGit(folder, ["init", "--quiet", "--initial-branch=main", "."]);
  await runGit(folder, ["add", "--all"]);
  await runGit(folder, ["commit", "--quiet", "--message", "all"]);
  await writeFile(join(folder, upstreamPath(42)), upstreamText(42, {}, 8081));
}

async function measure(
  target: string,
  flags: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Measured> {
  const seconds: number[] = [];
  const cpuS: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const cpuBefore = childrenCpuS() ?? NaN;
    const ms = await timeMs(async () => {
      const { code, stdout, stderr } = await runGloo(["check", target, ...flags], { env });
      if (code !== 0)
        throw new Error(`gloo check ${flags.join(" ")} ended with ${code}: ${stdout}${stderr}`);
    });
    seconds.push(ms / 1000);
    cpuS.push((childrenCpuS() ?? NaN) - cpuBefore);
  }
  return { ...medianOf(seconds), against: `CPU, of all threads: ${median(cpuS).toFixed(2)} s` };
}

async function writeFiles(folder: string, files: ReturnType<typeof treeT>): Promise<void> {
  const folders = new Set(Object.keys(files).map((path) => dirname(join(folder, path))));
  for (const path of folders) await mkdir(path, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    if (typeof content !== "string") throw new Error(`${path} is no text`);
    await writeFile(join(folder, path), content);
  }
}
