import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runGloo } from "../support/cli.js";
import { envoyPath } from "../support/envoy-binary.js";
import { treeT, type TreeTOptions } from "../support/tree-t.js";
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

/** P7: the whole process of `gloo check`, from a shell's point of view, on files that are on disk. */
export const checkBench: Bench = {
  id: "P7",
  async run() {
    const env = { ...process.env, ENVOY_BIN: await envoyPath() };
    const folder = await mkdtemp(join(tmpdir(), "gloo-bench-"));
    try {
      const rows: BenchRow[] = [];
      for (const [index, { what, tree, budgetS }] of trees.entries()) {
        const target = join(folder, String(index));
        await writeFiles(target, treeT(tree));
        const check = (flag: string): Promise<Measured> => measure(target, flag, env);
        const row = { id: "P7", unit: "s", budget: budgetS } as const;
        rows.push(
          { ...row, what: `gloo check on ${what}, without Envoy`, ...(await check("--no-envoy")) },
          {
            ...row,
            what: `gloo check on ${what}, judged by Envoy too`,
            ...(await check("--envoy")),
          },
        );
      }
      return rows;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Measured = Pick<BenchRow, "value" | "range" | "against">;

async function measure(target: string, flag: string, env: NodeJS.ProcessEnv): Promise<Measured> {
  const seconds: number[] = [];
  const cpuS: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const cpuBefore = childrenCpuS() ?? NaN;
    const ms = await timeMs(async () => {
      const { code, stdout, stderr } = await runGloo(["check", target, flag], { env });
      if (code !== 0) throw new Error(`gloo check ${flag} ended with ${code}: ${stdout}${stderr}`);
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
