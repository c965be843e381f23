import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const executable = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/**
 * Makes `gloo` in a folder, for the PATH of a shell: the executable as `npm test` built it, on the
 * ports of this test instead of the default ones.
 */
export function writeGlooShim(
  folder: string,
  ports: { readonly xds: number; readonly admin: number },
): void {
  const file = join(folder, "gloo");
  const text = `#!/bin/sh
case "$1" in
  serve) set -- "$@" --xds-port ${ports.xds} --admin-port ${ports.admin} ;;
  bootstrap) set -- "$@" --xds 127.0.0.1:${ports.xds} ;;
  status | envoys) set -- "$@" --server http://127.0.0.1:${ports.admin} ;;
esac
exec "${process.execPath}" "${executable}" "$@"
`;
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}
