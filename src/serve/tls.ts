import { ServerCredentials } from "@grpc/grpc-js";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { RoleBinding } from "./certificate-role.js";

/** What the server shows of itself, and whom it lets in. PEM. */
export interface TlsMaterial {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  /** Clients must show a certificate that this CA signed. Absent: anyone may connect. */
  readonly clientCa?: Buffer;
}

export interface TlsOptions extends TlsMaterial {
  /**
   * Which client certificates may have which roles; needs `clientCa`.
   * Default: a certificate's common name, DNS name, or last part of its SPIFFE id is its role.
   */
  readonly roleBindings?: readonly RoleBinding[];
}

/** TLS credentials whose certificates can be replaced while the server runs. */
export class ReloadableCredentials extends ServerCredentials {
  readonly #asksClients: boolean;

  constructor(material: TlsMaterial) {
    const requestCert = material.clientCa !== undefined;
    super({ requestCert, rejectUnauthorized: requestCert }, contextOf(material));
    this.#asksClients = requestCert;
  }

  /** New connections use these. Throws if they are not what TLS takes; then the old ones stay. */
  replace(material: TlsMaterial): void {
    if ((material.clientCa !== undefined) !== this.#asksClients) {
      // Without its own CA, the server would take any certificate that a public one signed.
      throw new Error("whether clients show certificates cannot change while the server runs");
    }
    this.updateSecureContextOptions(contextOf(material));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function contextOf({ certificate, privateKey, clientCa }: TlsMaterial): SecureContextOptions {
  const context: SecureContextOptions = {
    cert: certificate,
    key: privateKey,
    minVersion: "TLSv1.2",
    ...(clientCa && { ca: clientCa }),
  };
  createSecureContext(context); // throws here rather than at the next connection
  return context;
}
