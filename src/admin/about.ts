/** What does not change while the process runs. */
export interface About {
  /** Of the product. */
  readonly version: string;
  /** What is watched; without credentials. */
  readonly repository: string;
  readonly ref: string;
  readonly path: string;
  /** The environment that it is; undefined: there are none. */
  readonly environment?: string;
  /** How Envoys call a role of the config. Default: as the config does. */
  readonly nameOfRole?: (role: string) => string;
}
