# syntax=docker/dockerfile:1
# The control plane as an image: `docker build -t gloo-gitops .`. Its servers listen on loopback unless
# told otherwise, in a container too, for what Envoys are sent holds secrets. To serve other containers:
#   docker run -p 8081:8081 -v gloo-state:/var/lib/gloo -v ./tls:/tls:ro gloo-gitops serve \
#     --repo <url> --xds-address 0.0.0.0 --xds-tls-cert /tls/gloo.pem --xds-tls-key /tls/gloo.key \
#     --xds-tls-client-ca /tls/envoys.pem
# and, for the HTTP API (`docker exec` reaches it on loopback without):
#     --admin-address 0.0.0.0 --admin-token-file /tls/admin-token --admin-tls-cert … --admin-tls-key …
# The Envoy in it carries no traffic; it is the judge that `gloo check` asks.

FROM envoyproxy/envoy:v1.40.0 AS envoy

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# without what `npm run build` checks first: the packages are there
RUN npm run --ignore-scripts build && npm prune --omit=dev

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title="gloo-gitops" \
      org.opencontainers.image.licenses="Apache-2.0"
# With a fixed threshold, glibc gives what large responses took back to the system: docs/performance.md.
ENV NODE_ENV=production \
    ENVOY_BIN=/usr/local/bin/envoy \
    GLOO_STATE_DIR=/var/lib/gloo \
    MALLOC_MMAP_THRESHOLD_=131072
# git and ssh fetch repositories over SSH; ssh-keygen verifies SSH signatures of commits.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=node --group=node --mode=0700 /var/lib/gloo
COPY --from=envoy /usr/local/bin/envoy /usr/local/bin/envoy
WORKDIR /opt/gloo
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/schemas schemas
COPY --from=build /build/proto proto
COPY --from=build /build/sample-repo sample-repo
COPY --from=build /build/dist dist
RUN ln -s /opt/gloo/dist/cli/main.js /usr/local/bin/gloo
USER node
VOLUME /var/lib/gloo
EXPOSE 8081 8090
# Alive, not ready: without a commit to serve there is nothing that a restart would cure. With
# --admin-tls-cert, or on another port, give `docker run` a --health-cmd of its own.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:8090/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["gloo"]
CMD ["serve"]
