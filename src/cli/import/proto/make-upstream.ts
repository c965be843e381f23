import { dump } from "js-yaml";
import { printableText } from "../../../lib/printable-text.js";
import type { Upstream } from "../../../model/upstream.js";
import type { ProtoService } from "../../../protos/proto-set.js";
import type { HostPort } from "../../host-port.js";

/** The first line of every file that this import has written, and may write again. */
export const importedMark = "Made by `gloo import proto`";

/** An upstream, and the methods that cannot be functions of it. */
export interface MadeUpstream {
  readonly upstream: Upstream;
  /** They take streams of messages. */
  readonly skipped: readonly string[];
}

/** Makes an upstream with a function for every method that takes one message. */
export function makeUpstream(
  { name, host: { host: addr, port } }: { readonly name: string; readonly host: HostPort },
  services: readonly ProtoService[],
  file: string,
): MadeUpstream {
  const methods = services.flatMap((service) =>
    service.methods.map((method) => ({
      name: `${shortName(service, services)}.${method.name}`,
      isFunction: method.clientStreaming !== true,
    })),
  );
  return {
    upstream: {
      name,
      type: "static",
      spec: { hosts: [{ addr, port }] },
      service_info: {
        type: "gRPC",
        properties: {
          service_names: services.map((service) => shortName(service, services)),
          descriptors_file_ref: file,
        },
      },
      functions: methods.filter((own) => own.isFunction).map((own) => ({ name: own.name })),
    },
    skipped: methods.filter((own) => !own.isFunction).map((own) => own.name),
  };
}

/** Without its package, unless another service has the same name. */
function shortName({ name, fullName }: ProtoService, services: readonly ProtoService[]): string {
  return services.filter((other) => other.name === name).length > 1 ? fullName : name;
}

/** The upstream as a file. */
export function formatUpstream(upstream: Upstream, sources: readonly string[]): string {
  const comment = printableText(`# ${importedMark} from ${sources.join(", ")}.`);
  const again = "# Import again to follow the files; what is changed here by hand is lost then.";
  return `${comment}\n${again}\n${dump(upstream, { noRefs: true, lineWidth: -1 })}`;
}
