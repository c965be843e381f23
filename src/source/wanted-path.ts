/** Says by its path, from the root of the repository, whether config may read a file. */
export type WantsPath = (path: string) => boolean;

/**
 * The default: YAML and JSON, and everything below a folder named `files`, `secrets` or `tests`.
 * Other files (a README, pictures) are listed but never read.
 */
export const wantsConfig: WantsPath = (path) =>
  /\.(ya?ml|json)$/i.test(path) || /(^|\/)(files|secrets|tests)\//.test(path);
