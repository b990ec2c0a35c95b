# syntax=docker/dockerfile:1
# Tags name a release line and move with its security fixes. A release pins them by digest on top:
#   docker buildx imagetools inspect node:26-slim
#   docker build --build-arg NODE_IMAGE=node:26-slim@sha256:... --build-arg GO_IMAGE=golang:1.26@sha256:... .
# node:26-slim serves the build and the agent: one base to watch. Without npm and yarn nothing in it is started but node.
ARG NODE_IMAGE=node:26-slim
ARG GO_IMAGE=golang:1.26

# kustomize, at the version that the tests run against.
FROM ${GO_IMAGE} AS kustomize
WORKDIR /build
COPY test/peers/kustomize/go.mod test/peers/kustomize/go.sum ./
RUN CGO_ENABLED=0 GOFLAGS=-buildvcs=false \
    go build -trimpath -ldflags='-s -w' -o /out/kustomize sigs.k8s.io/kustomize/kustomize/v5

# A folder with everything in it. Install scripts stay off: the image brings its own Node, and nothing else that builds has one.
FROM ${NODE_IMAGE} AS bundle
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY src/oci-client-ts/package.json src/oci-client-ts/
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY cmd cmd
COPY policies policies
COPY src src
# Source maps are for reading a stack trace elsewhere.
RUN node scripts/build.ts && rm dist/*.map

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Sealift" \
      org.opencontainers.image.description="Signed artifacts from container registries, verified and reconciled at the edge." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# An agent needs no package manager, and what is not there needs no update.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg \
    && install -d -o 65532 -g 65532 -m 0700 /var/lib/sealift \
    && ln -s ../lib/sealift/sealift.js /usr/local/bin/sealift
COPY --from=kustomize /out/kustomize /usr/local/bin/kustomize
COPY LICENSE /usr/local/lib/sealift/
COPY --from=bundle /build/dist /usr/local/lib/sealift
# The root file system may be read-only: state is the volume, and nothing else is written but below /tmp (mount a tmpfs there).
USER 65532:65532
# A user without a home: the first line makes the volume the default of --state-dir, the second keeps others from looking for one.
# The third keeps the space for new objects at 1 MiB instead of 16, the fourth lets the C library give back what a roll-out needed:
# docs/benchmarks.md has what they spare.
ENV XDG_STATE_HOME=/var/lib \
    HOME=/tmp \
    NODE_OPTIONS=--max-semi-space-size=1 \
    GLIBC_TUNABLES=glibc.malloc.mmap_threshold=32768:glibc.malloc.trim_threshold=32768:glibc.malloc.arena_max=1:glibc.malloc.top_pad=0
VOLUME /var/lib/sealift
# Threads that collect garbage beside the program have memory of their own. This option is not one of NODE_OPTIONS.
ENTRYPOINT ["node", "--single-threaded", "/usr/local/lib/sealift/sealift.js"]
CMD ["--help"]
