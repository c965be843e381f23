import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A config with all that route assertions speak of, and assertions that hold. */
export const testedConfig: Readonly<Record<string, string>> = {
  "upstreams/all.yaml": `name: pets
type: static
spec: { hosts: [{ addr: pets.internal, port: 80 }] }
---
name: kennel
type: static
spec: { hosts: [{ addr: 10.0.0.8, port: 80 }] }
---
name: vet
type: static
spec: { hosts: [{ addr: 10.0.0.9, port: 80 }] }
service_info: { type: REST }
functions:
  - name: visit
    spec:
      path: /visits/{{ id }}?by={{ who }}
      headers: { ":method": PUT, x-who: "{{ who }}" }
      body: '{"pet": "{{ id }}", "reason": "{{ default(reason, "check") }}"}'
  - name: remind
    spec: { path: "/reminders/{{ id }}" }
`,
  "virtualservices/pets.yaml": `name: pets
domains: [pets.example]
routes:
  - request_matcher: { path_prefix: /dogs, verbs: [GET, POST] }
    single_destination: { upstream: { name: kennel } }
    prefix_rewrite: /animals
    extensions:
      host_rewrite: kennel.internal
      add_request_headers: [{ key: x-kind, value: dog }]
  - request_matcher: { path_prefix: /vet/ }
    multiple_destinations:
      - weight: 3
        destination: { function: { upstream_name: vet, function_name: visit } }
      - weight: 1
        destination: { function: { upstream_name: vet, function_name: remind } }
    extensions:
      parameters: { path: "/vet/{id}", headers: { x-user: "{who}" } }
  - request_matcher: { path_exact: /some }
    multiple_destinations:
      - weight: 9
        destination: { upstream: { name: kennel } }
      - weight: 1
        destination: { upstream: { name: pets } }
`,
  "virtualservices/secure.yaml": `name: secure
domains: [secure.example]
ssl_config: { secret_ref: secure-tls }
routes:
  - request_matcher: { path_prefix: / }
    single_destination: { upstream: { name: pets } }
`,
  "tests/pets.yaml": `tests:
  - name: dogs go to the kennel
    request: { url: "http://pets.example/a/../dogs/1?size=big" }
    expect:
      virtual_service: pets
      route: 0
      upstream: kennel
      path: /animals/1?size=big
      host: kennel.internal
      headers: { x-kind: dog }
  - name: dogs are not deleted
    request: { method: DELETE, host: pets.example, path: /dogs }
    expect: { no_route: true, status: 404 }
  - name: visits are made by a function
    request:
      method: POST
      url: http://pets.example/vet/7
      headers: { X-User: "ann lee", content-type: application/json }
      body: '{"reason": "fever"}'
    expect:
      upstream: vet
      function: visit
      weight: 75
      method: PUT
      path: /visits/7?by=ann%20lee
      headers: { x-who: ann lee, content-type: application/json }
      body: '{"pet": "7", "reason": "fever"}'
  - name: some go to the new pets
    request: { url: "http://pets.example/some" }
    expect: { upstream: pets, weight: 10 }
  - name: secure pets have a certificate of their own
    request: { url: "https://secure.example/x" }
    expect: { virtual_service: secure, upstream: pets, path: /x }
`,
};

/** Writes files into a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
