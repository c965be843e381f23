import type { PeerCertificate } from "node:tls";

/** Lets the holders of client certificates have roles. */
export interface RoleBinding {
  /**
   * Common name, DNS name or URI of the certificate. `*` stands for any text and `{role}` for the name of
   * the role: `spiffe://example.org/gloo/{role}`, `*.{role}.example.org`.
   */
  readonly identity: string;
  /** The roles that such a certificate may have. Default: the one that stands at `{role}`. */
  readonly roles?: readonly string[];
}

/** Without a setting: the certificate's name, or the last part of its URI, is the role. */
export const defaultRoleBindings: readonly RoleBinding[] = [
  { identity: "{role}" },
  { identity: "spiffe://*/{role}" },
];

/** The names that a certificate is for: its common name, then its DNS names and URIs. */
export function identitiesOf(certificate: PeerCertificate): readonly string[] {
  const alternatives = (certificate.subjectaltname ?? "").matchAll(
    /(?:^|, )(?:DNS|URI):(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g,
  );
  const names = [...alternatives].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "") : (JSON.parse(`"${quoted}"`) as string),
  );
  const commonNames = [certificate.subject?.CN ?? []].flat();
  return [...new Set([...commonNames, ...names])].filter((name) => name !== "");
}

/** Whether any of a certificate's names may have a role. */
export function mayHaveRole(
  identities: readonly string[],
  role: string,
  bindings: readonly RoleBinding[],
): boolean {
  return bindings.some(({ identity, roles }) => {
    if (roles !== undefined && !roles.includes(role)) return false;
    const pattern = patternOf(identity, role);
    return identities.some((name) => pattern.test(name));
  });
}

function patternOf(identity: string, role: string): RegExp {
  const source = identity.replace(/\{role\}|\*|[^*{]+|\{/g, (part) =>
    part === "*" ? ".*" : escapeRegExp(part === "{role}" ? role : part),
  );
  return new RegExp(`^${source}$`, "s");
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
