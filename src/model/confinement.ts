/** What a repository beside the first one may declare. Each list holds globs, but for `domains`. */
export interface Confinement {
  /** The name of the repository. */
  readonly repository: string;
  /** Names of objects. */
  readonly names: readonly string[];
  /** `shop.example`, or `*.shop.example` for all below it; `*` is all there are. */
  readonly domains: readonly string[];
  /** Roles that its virtual services may be served by, and names of roles that it may declare. */
  readonly roles: readonly string[];
  /** Secrets that its objects may name, and that it may hold. */
  readonly secrets: readonly string[];
}

/** The folder below which the files of a repository beside the first one stand: `shop:`. */
export function mountNameOf(repository: string): string {
  return `${repository}:`;
}

/** The repository that a file is of; undefined: the first one. */
export function repositoryOf(file: string): string | undefined {
  const end = file.indexOf(":/");
  return end < 0 || file.slice(0, end).includes("/") ? undefined : file.slice(0, end);
}
