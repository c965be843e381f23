import type { MethodDescriptor } from "../../protos/descriptor-messages.js";
import type { ProtoService, ProtoSet } from "../../protos/proto-set.js";

/** A method of a service of an upstream. */
export interface Method {
  readonly service: ProtoService;
  readonly method: MethodDescriptor;
}

/** The services of a set that `name` may stand for: with its package, or without. */
export function servicesCalled(name: string, { services }: ProtoSet): readonly ProtoService[] {
  const exact = services.filter(({ fullName }) => fullName === name);
  return exact.length > 0 ? exact : services.filter((service) => service.name === name);
}

/** The methods that a function's name may stand for: `Method`, or its service in front of it. */
export function methodsCalled(
  functionName: string,
  services: readonly ProtoService[],
): readonly Method[] {
  const dot = functionName.lastIndexOf(".");
  const serviceName = functionName.slice(0, Math.max(dot, 0));
  return methodsOf(services).filter(
    ({ service, method }) =>
      method.name === functionName.slice(dot + 1) &&
      (dot < 0 || service.fullName === serviceName || service.name === serviceName),
  );
}

/** All methods, in the order of the services. */
export function methodsOf(services: readonly ProtoService[]): readonly Method[] {
  return services.flatMap((service) => service.methods.map((method) => ({ service, method })));
}

/** As functions are called: `Service.Method`. */
export function functionNameOf({ service, method }: Method): string {
  return `${service.name}.${method.name}`;
}
