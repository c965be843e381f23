import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { invariant } from "../../lib/invariant.js";

/** The config tree that is shipped with the product. */
export const sampleRepository = fileURLToPath(new URL("../../../sample-repo", import.meta.url));

/** The file that the demo edits, in the config repository. */
export const editedFile = "virtualservices/pets.yaml";

/** Where things listen, in place of the sample's own ports. */
export interface DemoPorts {
  readonly envoy: number;
  readonly pets: number;
  readonly petsNext: number;
}

/** Copies the sample into a work tree. */
export async function copySample(workTree: string): Promise<void> {
  await cp(sampleRepository, workTree, { recursive: true });
}

/** Writes the ports of this run into the config. */
export async function setPorts(workTree: string, ports: DemoPorts): Promise<void> {
  for (const [file, from, to] of [
    ["roles/ingress.yaml", 8080, ports.envoy],
    ["upstreams/pets.yaml", 9001, ports.pets],
    ["upstreams/pets-next.json", 9002, ports.petsNext],
    ["upstreams/adoptions.yaml", 9001, ports.pets],
    ["teams/checkout/checkout.yaml", 9001, ports.pets],
  ] as const) {
    await edit(join(workTree, file), (text) =>
      text.replace(`port: ${from}`, `port: ${to}`).replace(`"port": ${from}`, `"port": ${to}`),
    );
  }
}

/**
 * Leads the route that the sample marks to another upstream. Gives the line (1-based) where the
 * upstream's name stands.
 */
export async function setRouteUpstream(workTree: string, upstream: string): Promise<number> {
  let line = 0;
  await edit(join(workTree, editedFile), (text) => {
    const mark = text.indexOf("`gloo demo` edits this route");
    invariant(mark > 0, `${editedFile} marks no route for the demo`);
    const name = text.indexOf("        name: ", mark);
    line = text.slice(0, name).split("\n").length;
    const end = text.indexOf("\n", name);
    return `${text.slice(0, name)}        name: ${upstream}${text.slice(end)}`;
  });
  return line;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(file, "utf8");
  const after = change(before);
  invariant(after !== before, `${file} of the sample is not as the demo expects it`);
  await writeFile(file, after);
}
