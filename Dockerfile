# One image for every role: `docker run chasqui worker`.
FROM rust:1.95-slim-bookworm AS build
# The memory allocator is built with make.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches keep what was downloaded and built, so that a change costs minutes less.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    CARGO_PROFILE_RELEASE_STRIP=symbols cargo build --release --locked -p chasqui \
    && cp target/release/chasqui /chasqui

FROM debian:bookworm-slim
# The authorities that the providers' certificates are checked against.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 chasqui \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/chasqui --create-home chasqui
COPY --from=build /chasqui /usr/local/bin/chasqui
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/chasqui
ENTRYPOINT ["chasqui"]
CMD ["--help"]
