import { targetOf, type Diagnostic, type Outcome } from "../diagnostics/diagnostic.js";
import type { LanguageExtensions } from "../model/language.js";
import type { Confinement } from "../model/confinement.js";
import { kinds, type Config, type Kind } from "../model/resource.js";
import type { Secrets } from "../model/secret.js";
import type { Documents } from "../parse/documents.js";
import { checkSelectors } from "./attribute-check.js";
import { diagnosticOf } from "./finding.js";
import { createConfinementCheck } from "./confinement-check.js";
import { createFormats, maxRegexSize } from "./formats.js";
import { indexKind, type KindIndex } from "./kind-index.js";
import { createLanguageSchemas } from "./language-schemas.js";
import { createObjectCheck, type CheckedObject } from "./object-check.js";
import { nextObjectList, type ObjectList } from "./object-list.js";
import { createReferenceCheck } from "./reference-check.js";
import { createSchemaCheck } from "./schema-check.js";
import { createSecretCheck, type SecretCheck } from "./secret-check.js";
import { createSettingsCheck } from "./settings-check.js";
import { createShapes } from "./shape.js";

/** Makes a whole config of the objects of a tree. */
export interface Validator {
  /**
   * Checks every object on its own, then what they say about each other. Objects with mistakes of their
   * own are left out; who refers to them is not told that they do not exist.
   */
  validate(documents: Documents, secrets: Secrets): Outcome<Config>;
}

/** Creates a validator, which does again only what a change since the last call asks for. */
export function createValidator(
  extensions: LanguageExtensions,
  confinements: readonly Confinement[] = [],
): Validator {
  const schemas = createLanguageSchemas(extensions);
  const schemaCheck = createSchemaCheck(schemas, createFormats(maxRegexSize));
  const options = { extensions, schemas, schemaCheck, shapeOf: createShapes(schemas) };
  const checkObject = createObjectCheck(options);
  const checkSettings = createSettingsCheck(options);
  const checkSecret = createSecretCheck();
  const checkReferences = createReferenceCheck(extensions);
  const checkConfinement = createConfinementCheck(confinements);
  const upstreamNamesOf = createUpstreamNames();
  let last: Indexed | undefined;
  return {
    validate({ objects, unreadableNames, files, settings, sealed }, secrets) {
      const indexed = indexObjects(last, nextObjectList(last?.list, objects, checkObject));
      last = indexed;
      const checked = settings === undefined ? undefined : checkSettings(settings);
      const policies = checked?.policies;
      const config: Config = {
        ...configOf(indexed.byKind, unreadableNames),
        ...(policies && { policies }),
        files,
      };
      const upstreams = upstreamNamesOf(indexed.byKind, unreadableNames);
      return {
        value: config,
        diagnostics: [
          ...(checked?.diagnostics ?? []),
          ...kinds.flatMap((kind) => ownDiagnostics(indexed.byKind[kind], secrets, checkSecret)),
          ...checkReferences({ config, upstreams }),
          ...checkSelectors(config),
          ...checkConfinement({ byKind: indexed.byKind, sealed }),
        ],
      };
    },
  };
}

type ByKind = Readonly<Record<Kind, KindIndex>>;

interface Indexed {
  readonly list: ObjectList;
  readonly byKind: ByKind;
}

/** The objects by kind and name. A kind of which no object changed has the same index as before. */
function indexObjects(before: Indexed | undefined, list: ObjectList): Indexed {
  const indexOf = (kind: Kind): KindIndex => {
    const isOfKind = (object: CheckedObject): boolean => object.kind === kind;
    const change = { removed: list.removed.filter(isOfKind), added: list.added.filter(isOfKind) };
    const known = before?.byKind[kind];
    if (known !== undefined && change.removed.length + change.added.length === 0) return known;
    return indexKind(kind, list.checked.filter(isOfKind), known, change);
  };
  return {
    list,
    byKind: {
      Upstream: indexOf("Upstream"),
      VirtualService: indexOf("VirtualService"),
      Role: indexOf("Role"),
      Attribute: indexOf("Attribute"),
    },
  };
}

function configOf(byKind: ByKind, unreadable: ReadonlySet<string>): Omit<Config, "files"> {
  const leftOut = (kind: Kind): ReadonlySet<string> =>
    // What cannot be read may be of any kind.
    unreadable.size === 0 ? byKind[kind].broken : new Set([...byKind[kind].broken, ...unreadable]);
  return {
    // The schema of its kind has accepted each object.
    upstreams: byKind.Upstream.located as Config["upstreams"],
    virtualServices: byKind.VirtualService.located as Config["virtualServices"],
    roles: byKind.Role.located as Config["roles"],
    attributes: byKind.Attribute.located as Config["attributes"],
    leftOut: {
      Upstream: leftOut("Upstream"),
      VirtualService: leftOut("VirtualService"),
      Role: leftOut("Role"),
      Attribute: leftOut("Attribute"),
    },
  };
}

/** What is wrong with the objects of a kind, each on its own, and with their names and secrets. */
function ownDiagnostics(
  { notable, duplicates }: KindIndex,
  secrets: Secrets,
  checkSecret: SecretCheck,
): readonly Diagnostic[] {
  const ofSecrets = notable.flatMap(({ located, secretUses }) =>
    located === undefined
      ? []
      : secretUses.flatMap((use) =>
          checkSecret(use, secrets).map((found) =>
            diagnosticOf(found, (pointer, at) => targetOf(located, pointer, at)),
          ),
        ),
  );
  return [...notable.flatMap(({ diagnostics }) => diagnostics), ...duplicates, ...ofSecrets];
}

/** Identifies the names of upstreams, those of left-out ones included, as long as they are the same. */
function createUpstreamNames() {
  let known: { readonly parts: readonly unknown[]; readonly upstreams: object } | undefined;
  return ({ Upstream }: ByKind, unreadable: ReadonlySet<string>): object => {
    const parts = [Upstream.names, Upstream.broken, ...unreadable];
    const isSame =
      known?.parts.length === parts.length && known.parts.every((part, i) => part === parts[i]);
    known = { parts, upstreams: isSame && known !== undefined ? known.upstreams : {} };
    return known.upstreams;
  };
}
