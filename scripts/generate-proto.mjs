// Writes proto/envoy-v3.binpb.gz and proto/envoy-v3.json from the official Go module of the Envoy
// API. Needs Go; users and CI do not run it. The bytes depend on the module's version alone.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const apiModule = "github.com/envoyproxy/go-control-plane/envoy";

export function generateProto(root) {
  const cwd = join(root, "proto", "generate");
  const go = (...args) => execFileSync("go", args, { cwd, maxBuffer: 1 << 28 });
  const version = String(go("list", "-m", "-f", "{{.Version}}", apiModule)).trim();
  const packages = String(go("list", `${apiModule}/...`))
    .trim()
    .split("\n")
    .sort();
  const imports = packages.map((name) => `\t_ "${name}"`).join("\n");
  writeFileSync(join(cwd, "imports.go"), `package main\n\nimport (\n${imports}\n)\n`);
  const descriptors = go("run", ".");
  // Level 9 and no time stamp: equal input, equal file.
  writeFileSync(join(root, "proto", "envoy-v3.binpb.gz"), gzipSync(descriptors, { level: 9 }));
  const manifest = {
    api: "envoy v3",
    version: version.replace(/^v/, ""),
    module: `${apiModule}@${version}`,
    license: "Apache-2.0",
    descriptorSha256: createHash("sha256").update(descriptors).digest("hex"),
  };
  writeFileSync(join(root, "proto", "envoy-v3.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
