import type { DataSource, Secret as SdsSecret } from "../envoy/generated/messages.js";
import type { Secret, Secrets } from "../model/secret.js";
import { sdsContentOf, type SdsContent } from "./sds.js";

/** Makes SDS resources, each again only after its secret changed. */
export interface SecretTranslator {
  /** The SDS resource called `name`; undefined if there is no such secret, or it cannot be read here. */
  translate(name: string, secrets: Secrets): SdsSecret | undefined;
}

/**
 * The only code that lets secret material out (besides it, only the check of secrets looks at it).
 * `upstreamCaFile` is the file, on Envoy's host, with the
 * CAs that upstreams are verified against when they name none.
 */
export function createSecretTranslator(upstreamCaFile: string): SecretTranslator {
  const constants = new Map<string, SdsSecret>();
  const remembered = new WeakMap<Secret, Map<string, SdsSecret>>();
  return {
    translate(name, secrets) {
      const content = sdsContentOf(name);
      if (content === undefined) return undefined;
      if (!("ref" in content)) {
        const message = constants.get(name) ?? secretOfFiles(name, content, upstreamCaFile);
        constants.set(name, message);
        return message;
      }
      const secret = secrets.get(content.ref);
      if (secret === undefined || secret.isSealed) return undefined;
      const ofSecret = remembered.get(secret) ?? new Map<string, SdsSecret>();
      remembered.set(secret, ofSecret);
      const message = ofSecret.get(name) ?? secretOf(name, content, secret);
      ofSecret.set(name, message);
      return message;
    },
  };
}

function secretOfFiles(
  name: string,
  content: Exclude<SdsContent, { readonly ref: string }>,
  upstreamCaFile: string,
): SdsSecret {
  if (content.kind === "certificate-files") {
    const { certificate: chain, key } = content;
    return {
      name,
      tls_certificate: { certificate_chain: { filename: chain }, private_key: { filename: key } },
    };
  }
  const filename = content.kind === "upstream-ca" ? upstreamCaFile : content.path;
  return { name, validation_context: { trusted_ca: { filename } } };
}

function secretOf(
  name: string,
  content: Extract<SdsContent, { readonly ref: string }>,
  secret: Secret,
): SdsSecret {
  if (content.kind === "value") return value(name, secret, content.key);
  return content.kind === "ca" ? trustedCa(name, secret) : certificate(name, secret);
}

/** A file with a value often ends with a line break that is no part of it. */
function value(name: string, secret: Secret, key: string): SdsSecret {
  const text = secret.reveal(key)?.replace(/\r?\n$/, "");
  return { name, generic_secret: { secret: inline(text) } };
}

function certificate(name: string, secret: Secret): SdsSecret {
  return {
    name,
    tls_certificate: {
      // The second key of each pair is its name of 2018.
      certificate_chain: inline(secret.reveal("tls.crt") ?? secret.reveal("ca_chain")),
      private_key: inline(secret.reveal("tls.key") ?? secret.reveal("private_key")),
    },
  };
}

function trustedCa(name: string, secret: Secret): SdsSecret {
  return { name, validation_context: { trusted_ca: inline(secret.reveal("tls.root")) } };
}

function inline(text = ""): DataSource {
  return { inline_bytes: Buffer.from(text, "utf8") };
}
