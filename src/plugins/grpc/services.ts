import { nearest } from "../../lib/nearest.js";
import type { GrpcService } from "../../model/generated/plugins.js";
import { pointerOf } from "../../model/location.js";
import type { Upstream } from "../../model/upstream.js";
import { problemOfRule } from "../../protos/http-rule.js";
import { ProtoError } from "../../protos/proto-error.js";
import type { ProtoService } from "../../protos/proto-set.js";
import { selectTypes } from "../../protos/select-types.js";
import type { HookContext } from "../../translate/plugin.js";
import { functionNameOf, methodsCalled, methodsOf, servicesCalled } from "./methods.js";
import { readProtos, type Protos } from "./protos.js";

/** The services of an upstream, and the file that describes them. */
export interface Services extends Protos {
  readonly file: string;
  readonly services: readonly ProtoService[];
}

const properties = "/service_info/properties";

/** The services of an upstream; undefined if they, or the file, have mistakes. */
export function servicesOf(upstream: Upstream, context: HookContext): Services | undefined {
  const { descriptors_file_ref: file, service_names: names } = propertiesOf(upstream);
  const protos = readProtos(file, context);
  if (protos === undefined || protos instanceof ProtoError) return undefined;
  const services = names.flatMap((name) => servicesCalled(name, protos.set));
  return { ...protos, file, services: [...new Set(services)] };
}

/** Reports what is wrong with the services of an upstream, and with the functions that it lists. */
export function checkServices(upstream: Upstream, context: HookContext): void {
  const { descriptors_file_ref: file } = propertiesOf(upstream);
  const protos = readProtos(file, context);
  const pointer = `${properties}/descriptors_file_ref`;
  if (protos === undefined) {
    const near = nearest(file.replace(/^files\//, ""), context.fileNames());
    context.report("grpc/missing-file", { file, ...(near !== undefined && { near }) }, pointer);
    return;
  }
  if (protos instanceof ProtoError) {
    reportError(protos, context);
    return;
  }
  const known = checkNames(upstream, protos, context);
  const services = servicesOf(upstream, context);
  if (!known || services === undefined) return;
  checkMethods(services, context);
  checkFunctions(upstream, services, context);
}

function reportError({ file, line, message: problem }: ProtoError, context: HookContext): void {
  const params = { file, problem, ...(line !== undefined && { line }) };
  context.report("grpc/invalid-file", params, `${properties}/descriptors_file_ref`);
}

/** Whether the file has all services that the upstream names. */
function checkNames(upstream: Upstream, { set }: Protos, context: HookContext): boolean {
  const { descriptors_file_ref: file, service_names: names } = propertiesOf(upstream);
  const missing = names.filter((name) => servicesCalled(name, set).length === 0);
  const choices = set.services.map(({ name }) => name);
  for (const service of missing) {
    const near = nearest(service, choices);
    const params = {
      service,
      file,
      ...(near !== undefined && { near }),
      ...(choices.length > 0 && { known: choices.slice(0, 10).join(", ") }),
    };
    const index = names.indexOf(service);
    context.report("grpc/unknown-service", params, pointerOf(properties, "service_names", index));
  }
  return missing.length === 0;
}

/** Envoy refuses a rule that it cannot use, and types that are not there. */
function checkMethods({ file, set, fields, services }: Services, context: HookContext): void {
  for (const { service, method } of methodsOf(services)) {
    const problem = problemOfRule(method, fields);
    if (problem === undefined) continue;
    const params = { method: functionNameOf({ service, method }), problem };
    context.report("grpc/invalid-http-rule", params, `${properties}/descriptors_file_ref`);
  }
  try {
    const wanted = services.map((service) => ({ service, methods: service.methods }));
    selectTypes(file, set, wanted);
  } catch (cause) {
    if (!(cause instanceof ProtoError)) throw cause;
    reportError(cause, context);
  }
}

function checkFunctions(
  { name: upstream, functions = [] }: Upstream,
  { services }: Services,
  context: HookContext,
): void {
  functions.forEach(({ name }, index) => {
    if (methodsCalled(name, services).length > 0) return;
    reportUnknown(
      { upstream, name, pointer: pointerOf("/functions", index, "name") },
      services,
      context,
    );
  });
}

/** Reports a function that is no method of the services. */
export function reportUnknown(
  { upstream, name, pointer }: { upstream: string; name: string; pointer: string },
  services: readonly ProtoService[],
  context: HookContext,
): void {
  const short = name.split(".").slice(-2).join(".");
  const choices = methodsOf(services).flatMap((own) => [functionNameOf(own), own.method.name]);
  const near = nearest(short, choices);
  const params = { name, upstream, ...(near !== undefined && { near }) };
  context.report("grpc/unknown-method", params, pointer);
}

/** The plugin's schema has accepted them. */
function propertiesOf({ service_info }: Upstream): GrpcService {
  return service_info?.properties as unknown as GrpcService;
}
