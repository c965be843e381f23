import type { Config } from "../../model/resource.js";
import { countVanished, countVanishedResources, type Vanished } from "./count-vanished.js";
import type { Guard } from "./guard.js";
import type { Hold } from "./hold.js";

export interface MassDeletionOptions {
  /** Hold when more than this share of what is served vanishes, in percent. 100: only if all does. */
  readonly percent: number;
  /** Less than so many routes, virtual services or upstreams may always vanish. */
  readonly least: number;
}

/** Keeps back what takes most of the config away, which a wrong path or a bad merge does. */
export function createMassDeletionGuard({ percent, least }: MassDeletionOptions): Guard {
  const isTooMany = ({ gone, before }: Vanished): boolean =>
    gone >= least && gone * 100 > percent * before;

  return {
    holdOf({ release, served, servedConfig }): Hold | undefined {
      const { config, snapshot } = release.made.build;
      if (isEmpty(config) && served.snapshot.roles.size > 0) {
        return {
          kind: "mass-deletion",
          why: "it holds no config at all, which looks like a mistake",
        };
      }
      const vanished =
        servedConfig === undefined
          ? [countVanishedResources(served.snapshot, snapshot)]
          : countVanished(servedConfig, config);
      const worst = vanished.find(isTooMany);
      if (worst === undefined) return undefined;
      const { what, gone, before } = worst;
      const share = Math.round((gone / before) * 100);
      const why = `it takes away ${gone} of ${before} ${what} (${share} %, and more than ${percent} % looks like a mistake)`;
      return { kind: "mass-deletion", why };
    },
  };
}

function isEmpty({ upstreams, virtualServices, roles, attributes }: Config): boolean {
  return upstreams.size + virtualServices.size + roles.size + attributes.size === 0;
}
