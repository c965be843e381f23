import { bitbucketHook } from "./bitbucket.js";
import { genericHook } from "./generic.js";
import { forgejoHook, giteaHook } from "./gitea.js";
import { githubHook } from "./github.js";
import { gitlabHook } from "./gitlab.js";
import type { HookKind } from "./hook-kind.js";

/** The Git hosts whose webhooks are understood. */
export const hookKinds: readonly HookKind[] = [
  githubHook,
  gitlabHook,
  giteaHook,
  forgejoHook,
  bitbucketHook,
  genericHook,
];
