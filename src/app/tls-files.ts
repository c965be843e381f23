import { readFile } from "node:fs/promises";
import type { TlsMaterial } from "../serve/tls.js";
import { OperationalError } from "./operational-error.js";
import type { Settings } from "./settings.js";

/** The files of the xDS server's TLS. */
export interface TlsFiles {
  readonly certificate: string;
  readonly privateKey: string;
  readonly clientCa: string;
}

/** The files that the settings name: all of them, or none. */
export function tlsFilesOf(settings: Settings): TlsFiles | undefined {
  const { xdsTlsCert, xdsTlsKey, xdsTlsClientCa } = settings;
  if (!xdsTlsCert || !xdsTlsKey || !xdsTlsClientCa) return undefined;
  return { certificate: xdsTlsCert, privateKey: xdsTlsKey, clientCa: xdsTlsClientCa };
}

/** Reads them. Throws an {@link OperationalError} that names the setting at fault. */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial & { clientCa: Buffer }> {
  const [certificate, privateKey, clientCa] = await Promise.all([
    readPem("--xds-tls-cert", files.certificate, "CERTIFICATE"),
    readPem("--xds-tls-key", files.privateKey, "PRIVATE KEY"),
    readPem("--xds-tls-client-ca", files.clientCa, "CERTIFICATE"),
  ]);
  return { certificate, privateKey, clientCa };
}

async function readPem(flag: string, file: string, label: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new OperationalError("app/unreadable-file", `${flag}: cannot read ${file} (${code})`, {
      cause,
    });
  }
  if (!new RegExp(`-----BEGIN [A-Z ]*${label}-----`).test(bytes.toString("latin1"))) {
    throw new OperationalError(
      "app/unreadable-file",
      `${flag}: ${file} holds no ${label.toLowerCase()} in PEM`,
    );
  }
  return bytes;
}
