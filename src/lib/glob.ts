import picomatch from "picomatch";

/** Why a glob is refused: too long, or so many wildcards that matching could take for ever. */
export function globFault(glob: string): string | undefined {
  if (glob.length > 256) return "longer than 256 characters";
  const wildcards = glob.split("**").length - 1 + (glob.match(/[*+?@!]/g)?.length ?? 0);
  if (wildcards > 16) return "more than 16 wildcards";
  if (glob.split("/").some((part) => part !== "**" && part.split("*").length > 4)) {
    return "more than 3 `*` between two slashes";
  }
  if (/[@?+*!]\(/.test(glob)) return "extended globs such as `@(a|b)` are not read; use `{a,b}`";
  if (glob.startsWith("/") || glob.includes("\\")) return "paths are relative, with `/`";
  return undefined;
}

/** Says whether a path matches one of the globs. Globs that {@link globFault} refuses match nothing. */
export function globMatcher(globs: readonly string[]): (path: string) => boolean {
  const sound = globs.filter((glob) => globFault(glob) === undefined);
  if (sound.length === 0) return () => false;
  return picomatch(sound, { dot: true, noextglob: true });
}
