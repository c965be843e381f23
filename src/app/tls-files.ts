import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { TlsMaterial } from "../serve/tls.js";
import type { Notices } from "./notices.js";
import { OperationalError } from "./operational-error.js";
import type { Settings } from "./settings.js";
import { watchFiles } from "./watch-files.js";

/** The files of a server's TLS, each with the setting that names it. */
export interface TlsFiles {
  readonly certificate: NamedFile;
  readonly privateKey: NamedFile;
  readonly clientCa: NamedFile | undefined;
}

interface NamedFile {
  readonly flag: string;
  readonly path: string;
}

/** Of the xDS server; undefined: the settings want no TLS there. */
export function xdsTlsFiles(settings: Settings): TlsFiles | undefined {
  const { xdsTlsCert, xdsTlsKey, xdsTlsClientCa } = settings;
  if (xdsTlsCert === undefined || xdsTlsKey === undefined) return undefined;
  return {
    certificate: { flag: "--xds-tls-cert", path: xdsTlsCert },
    privateKey: { flag: "--xds-tls-key", path: xdsTlsKey },
    clientCa:
      xdsTlsClientCa === undefined
        ? undefined
        : { flag: "--xds-tls-client-ca", path: xdsTlsClientCa },
  };
}

/** Of the HTTP API; undefined: the settings want no TLS there. */
export function adminTlsFiles(settings: Settings): TlsFiles | undefined {
  const { adminTlsCert, adminTlsKey } = settings;
  if (adminTlsCert === undefined || adminTlsKey === undefined) return undefined;
  return {
    certificate: { flag: "--admin-tls-cert", path: adminTlsCert },
    privateKey: { flag: "--admin-tls-key", path: adminTlsKey },
    clientCa: undefined,
  };
}

/** Reads them. Throws an {@link OperationalError} that names the setting at fault. */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const { clientCa } = files;
  const material: TlsMaterial = {
    certificate: await readPem(files.certificate, "CERTIFICATE"),
    privateKey: await readPem(files.privateKey, "PRIVATE KEY"),
    ...(clientCa === undefined ? {} : { clientCa: await readPem(clientCa, "CERTIFICATE") }),
  };
  try {
    createSecureContext({
      cert: material.certificate,
      key: material.privateKey,
      ...(material.clientCa === undefined ? {} : { ca: material.clientCa }),
    });
  } catch (cause) {
    const { message } = cause as Error;
    throw new OperationalError(
      "app/unreadable-file",
      `${files.certificate.flag} and ${files.privateKey.flag} cannot be used together: ${message}`,
      { cause },
    );
  }
  return material;
}

async function readPem({ flag, path }: NamedFile, label: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new OperationalError("app/unreadable-file", `${flag}: cannot read ${path} (${code})`, {
      cause,
    });
  }
  if (!new RegExp(`-----BEGIN [A-Z ]*${label}-----`).test(bytes.toString("latin1"))) {
    throw new OperationalError(
      "app/unreadable-file",
      `${flag}: ${path} holds no ${label.toLowerCase()} in PEM`,
    );
  }
  return bytes;
}

export interface WatchTlsOptions {
  /** Takes what is in the files when they have changed. May throw: then the old stays. */
  readonly replace: (material: TlsMaterial) => void;
  readonly notices: Notices;
  /** As in `watchFiles`. */
  readonly pollMs?: number;
}

/**
 * Takes new certificates while the server runs. Files that do not fit, such as a certificate whose key
 * is not there yet, are a notice until they do. Gives what ends it.
 */
export function watchTlsFiles(files: TlsFiles, options: WatchTlsOptions): () => void {
  const { replace, notices } = options;
  const { certificate, privateKey, clientCa } = files;
  const paths = [certificate, privateKey, clientCa].flatMap((file) => file?.path ?? []);
  const about = certificate.flag;
  const reload = async (): Promise<void> => {
    try {
      replace(await readTlsFiles(files));
      notices.set(about, undefined);
    } catch (cause) {
      notices.set(about, `the old certificate stays in use: ${(cause as Error).message}`);
    }
  };
  return watchFiles(paths, {
    onChange: () => void reload(),
    ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
  });
}
