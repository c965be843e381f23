import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createCertificateAuthority } from "./certificates.js";
import type { Answer, Received } from "./function-gateway.js";

/** A cloud on loopback: HTTPS with a certificate for `localhost`, from a CA of its own. */
export interface CloudService {
  /** `https://localhost:40123`. */
  readonly url: string;
  /** The file with the CA that has to be trusted. */
  readonly caFile: string;
  readonly received: Received[];
  /** What it does with each request; undefined: it never answers. */
  answer: (request: Received) => Answer | undefined | Promise<Answer | undefined>;
  close(): Promise<void>;
}

/** Starts a cloud on a free port, with a certificate for `dnsNames` too. */
export async function startCloudService(dnsNames: readonly string[] = []): Promise<CloudService> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-cloud-"));
  // Several CAs can be in one file, as long as their names differ.
  const authority = createCertificateAuthority(`cloud ${basename(folder)}`);
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, authority.certificate);
  const { certificate: cert, privateKey: key } = authority.issue({
    commonName: "localhost",
    dnsNames,
  });
  const received: Received[] = [];
  const server: Server = createServer({ cert, key }, (message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const { method = "", url: path = "", headers, rawHeaders } = message;
      const request = { method, path, headers, rawHeaders, body: Buffer.concat(chunks) };
      received.push(request);
      void (async () => service.answer(request))()
        .catch((cause: unknown): Answer => ({ status: 599, body: String(cause) }))
        .then((answer) => {
          if (answer === undefined) return;
          response.writeHead(answer.status ?? 200, answer.headers);
          response.end(answer.body);
        });
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const service: CloudService = {
    url: `https://localhost:${port}`,
    caFile,
    received,
    answer: () => ({}),
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return service;
}
