import { invariant } from "../lib/invariant.js";
import type { AdsServer } from "../serve/ads-server.js";
import type { EnvoyId, EnvoyStatus, ServeEvent } from "../serve/serve-events.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { askedRoleOf, isOfEnvironment, type EnvironmentRoles } from "./environment-roles.js";
import { joinSnapshots, partOfId } from "./join-snapshots.js";

/** What a reconcile loop has of the server. */
export type ServerShare = Pick<AdsServer, "publish" | "onEvent" | "progress" | "envoys">;

/** One server of which each environment has a share, as if it were a server of its own. */
export interface SharedAdsServer {
  /**
   * Knows the Envoys of one environment only, by the roles of its config. What is published there changes
   * nothing for the Envoys of others. The same object each time.
   */
  of(environment: string): ServerShare;
  /** Envoys that ask for nothing of any environment: they are served the fallback. */
  readonly strangers: Pick<AdsServer, "envoys" | "onEvent">;
}

/**
 * Shares a server. Until an environment has published for the first time, its Envoys are held, as those of
 * a server that has published nothing; others are served.
 */
export function shareAdsServer(
  ads: ServerShare,
  environments: readonly EnvironmentRoles[],
): SharedAdsServer {
  const published = new Map<string, Snapshot>();
  const ownerOf = createOwnerFinder(environments);

  const isAwaited = (role: string): boolean => {
    const owner = ownerOf(role);
    return owner !== undefined && !published.has(owner.environment);
  };

  const publishAll = (): void => {
    const [first, ...others] = environments.flatMap((roles) => {
      const snapshot = published.get(roles.environment);
      return snapshot === undefined ? [] : [{ roles, snapshot }];
    });
    invariant(first, "nothing was published");
    ads.publish(joinSnapshots([first, ...others]), isAwaited);
  };

  const shareOf = (roles: EnvironmentRoles): ServerShare => {
    const { environment } = roles;
    const isMine = (envoy: EnvoyId): boolean => ownerOf(askedRoleOf(envoy)) === roles;
    const inside = (envoy: EnvoyId): EnvoyId => {
      const role = envoy.role === undefined ? undefined : roles.insideOf(envoy.role);
      return { ...envoy, role };
    };
    const insideEvent = (event: ServeEvent): ServeEvent => {
      const envoy = inside(event.envoy);
      if (event.kind === "connected" || event.kind === "disconnected") return { ...event, envoy };
      return { ...event, envoy, snapshotId: partOfId(event.snapshotId, environment) };
    };
    return {
      publish(snapshot) {
        published.set(environment, snapshot);
        publishAll();
      },
      onEvent: (listener) =>
        ads.onEvent((event) => {
          if (isMine(event.envoy)) listener(insideEvent(event));
        }),
      envoys: () =>
        ads
          .envoys()
          .filter(({ envoy }) => isMine(envoy))
          .map((status): EnvoyStatus => ({ ...status, envoy: inside(status.envoy) })),
      progress: () => ads.progress(isMine),
    };
  };

  const shares = new Map(environments.map((roles) => [roles.environment, shareOf(roles)]));
  const isStranger = (envoy: EnvoyId): boolean => ownerOf(askedRoleOf(envoy)) === undefined;
  return {
    of(environment) {
      const share = shares.get(environment);
      invariant(share, `there is no environment ${environment}`);
      return share;
    },
    strangers: {
      envoys: () => ads.envoys().filter(({ envoy }) => isStranger(envoy)),
      onEvent: (listener) =>
        ads.onEvent((event) => {
          if (isStranger(event.envoy)) listener(event);
        }),
    },
  };
}

/** Finds whose role it is that an Envoy asks for. Names that were given go before those of the rule. */
function createOwnerFinder(
  environments: readonly EnvironmentRoles[],
): (role: string | undefined) => EnvironmentRoles | undefined {
  return (role) => {
    if (role === undefined) return undefined;
    return (
      environments.find((each) => each.insideOf(role) !== undefined) ??
      environments.find((each) => isOfEnvironment(each, role))
    );
  };
}
