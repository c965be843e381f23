import { posix } from "node:path";
import type { AwsCredentialProvider } from "../../envoy/generated/messages.js";
import { parseDuration } from "../../model/duration.js";
import type { AwsAssumeRole, AwsCredentials, AwsSpec } from "../../model/generated/plugins.js";
import type { HookContext } from "../../translate/plugin.js";

/** The keys of a secret that sign calls: its own names for them, and which it cannot do without. */
export const secretKeys = [
  { key: "access_key", isNeeded: true },
  { key: "secret_key", isNeeded: true },
  { key: "session_token", isNeeded: false },
] as const;

/** Keys of `credentials` of which there can be one. */
const sources = ["environment", "file", "container", "instance_profile", "web_identity"] as const;

/** Reports credentials of several sources, and secrets that lack a key. Gives whether all is well. */
export function checkCredentials(spec: AwsSpec, context: HookContext): boolean {
  let isSound = true;
  const report: HookContext["report"] = (...fault) => {
    isSound = false;
    context.report(...fault);
  };
  const { secret_ref: ref, credentials } = spec;
  if (ref !== undefined && credentials !== undefined) {
    const keys = '"secret_ref" and "credentials"';
    report("aws/several-credentials", { keys }, "/spec/credentials", "key");
  }
  const named = sources.filter((source) => credentials?.[source] !== undefined);
  if (named.length > 1) {
    const keys = named.map((source) => `"${source}"`).join(" and ");
    report("aws/several-credentials", { keys }, "/spec/credentials");
  }
  if (!isSessionDuration(credentials?.assume_role?.session_duration)) {
    report("aws/session-duration", {}, "/spec/credentials/assume_role/session_duration");
  }
  if (ref === undefined) return isSound;
  const known = context.secretKeys(ref);
  if (known === undefined) return false; // reported where references are checked
  for (const { key, isNeeded } of secretKeys) {
    if (!isNeeded || known.includes(key)) continue;
    const needs = "calls of AWS Lambda are signed with access_key and secret_key";
    report("secret/missing-key", { ref, key, needs }, "/spec/secret_ref");
  }
  return isSound;
}

/** What AWS allows, in seconds. */
const minSession = 900;
const maxSession = 43_200;

function isSessionDuration(duration: AwsAssumeRole["session_duration"]): boolean {
  const seconds = duration === undefined ? undefined : parseDuration(duration)?.seconds;
  return seconds === undefined || (seconds >= minSession && seconds <= maxSession);
}

/** How Envoy gets credentials by itself; undefined: where AWS's own tools look for them. */
export function credentialProvider(
  credentials: AwsCredentials | undefined,
): AwsCredentialProvider | undefined {
  if (credentials === undefined) return undefined;
  const { assume_role: role } = credentials;
  const source = sourceProvider(credentials);
  if (role === undefined) return source;
  const duration =
    role.session_duration === undefined ? undefined : parseDuration(role.session_duration);
  return {
    // Nothing but what is named here.
    custom_credential_provider_chain: true,
    assume_role_credential_provider: {
      role_arn: role.role_arn,
      ...(role.session_name !== undefined && { role_session_name: role.session_name }),
      ...(role.external_id !== undefined && { external_id: role.external_id }),
      ...(duration !== undefined && { session_duration: duration }),
      ...(source !== undefined && { credential_provider: source }),
    },
  };
}

function sourceProvider(credentials: AwsCredentials): AwsCredentialProvider | undefined {
  const { environment, file, container, instance_profile, web_identity } = credentials;
  const only = { custom_credential_provider_chain: true };
  if (environment) return { ...only, environment_credential_provider: {} };
  if (container) return { ...only, container_credential_provider: {} };
  if (instance_profile) return { ...only, instance_profile_credential_provider: {} };
  if (file) {
    return {
      ...only,
      credentials_file_provider: {
        credentials_data_source: watchedFile(file.path),
        ...(file.profile !== undefined && { profile: file.profile }),
      },
    };
  }
  if (web_identity) {
    const { role_arn, token_file, session_name } = web_identity;
    return {
      ...only,
      assume_role_with_web_identity_provider: {
        role_arn,
        web_identity_token_data_source: watchedFile(token_file),
        ...(session_name !== undefined && { role_session_name: session_name }),
      },
    };
  }
  return undefined;
}

function watchedFile(filename: string): {
  readonly filename: string;
  readonly watched_directory: { readonly path: string };
} {
  return { filename, watched_directory: { path: posix.dirname(filename) } };
}
