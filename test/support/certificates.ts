import {
  createHash,
  generateKeyPairSync,
  sign,
  X509Certificate,
  type KeyObject,
} from "node:crypto";

/** A certificate and its key, as a TLS server or client takes them. PEM. */
export interface Certificate {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
}

/** What a certificate says. */
export interface CertificateNames {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly uris?: readonly string[];
}

/** A certificate authority that exists for one test run. */
export interface CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly certificate: Buffer;
  /** Issues a certificate for `localhost`, 127.0.0.1 and the given names. */
  issue(names: CertificateNames): Certificate;
}

/** Makes an authority. Its certificates are good from yesterday until tomorrow. */
export function createCertificateAuthority(commonName: string): CertificateAuthority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = nameOf(commonName);
  const own = certificateOf(issuer, issuer, keys.publicKey, keys.privateKey, [
    extension("2.5.29.19", sequence(boolean(true))), // basicConstraints: CA
  ]);
  return {
    certificate: own,
    issue({ commonName: subject, dnsNames = [], uris = [] }) {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const names = sequence(
        ...["localhost", ...dnsNames].map((name) => der(0x82, Buffer.from(name))),
        ...uris.map((uri) => der(0x86, Buffer.from(uri))),
        der(0x87, Buffer.from([127, 0, 0, 1])),
      );
      const certificate = certificateOf(issuer, nameOf(subject), publicKey, keys.privateKey, [
        extension("2.5.29.17", names), // subjectAltName
      ]);
      const pem = privateKey.export({ type: "pkcs8", format: "pem" });
      return { certificate, privateKey: Buffer.from(pem) };
    },
  };
}

const dayMs = 24 * 60 * 60 * 1000;
const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));

function certificateOf(
  issuer: Buffer,
  subject: Buffer,
  subjectKey: KeyObject,
  issuerKey: KeyObject,
  extensions: readonly Buffer[],
): Buffer {
  const spki = subjectKey.export({ type: "spki", format: "der" });
  const serial = createHash("sha256").update(spki).digest().subarray(0, 8);
  serial[0] = 1; // positive, and not longer than it has to be
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, serial),
    ecdsaWithSha256,
    issuer,
    sequence(time(Date.now() - dayMs), time(Date.now() + dayMs)),
    subject,
    spki,
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuerKey);
  const bits = der(0x03, Buffer.concat([Buffer.from([0]), signature]));
  return Buffer.from(new X509Certificate(sequence(body, ecdsaWithSha256, bits)).toString());
}

function nameOf(commonName: string): Buffer {
  const attribute = sequence(objectId("2.5.4.3"), der(0x0c, Buffer.from(commonName)));
  return sequence(der(0x31, attribute));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), der(0x04, value));
}

function time(atMs: number): Buffer {
  const text = new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, ""); // YYYYMMDDhhmmssZ
  return der(0x18, Buffer.from(text));
}

function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [40 * first + second];
  for (const part of rest) {
    const digits = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return der(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Tag, length, value. */
function der(tag: number, value: Buffer): Buffer {
  const size = value.byteLength;
  const length =
    size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >>> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}
