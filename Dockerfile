# The image holds the static binary, the CA certificates and the time zones, and
# nothing else: no shell, no package manager, no root.
#
#   docker build -t gatehouse:local \
#     --build-arg VERSION=$(git describe --tags --always) --build-arg COMMIT=$(git rev-parse HEAD) .
#   docker run -p 8080:8080 -e GATEHOUSE_KEY -e OIDC_CLIENT_SECRET \
#     -v $PWD/gatehouse.yaml:/etc/gatehouse/gatehouse.yaml:ro gatehouse:local

FROM golang:1.26-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
ARG COMMIT=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" -o /gatehouse ./cmd/gatehouse

FROM scratch
ARG VERSION=devel
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="Gatehouse" \
      org.opencontainers.image.description="OpenID Connect relying-party reverse proxy" \
      org.opencontainers.image.source="https://github.com/gatehouse-proxy/gatehouse" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /gatehouse /gatehouse
# A number, so that runAsNonRoot can see that it is not root's.
USER 65532:65532
EXPOSE 8080
# Asks server.probe_listen, or else server.admin.listen.
HEALTHCHECK --interval=10s --timeout=6s --start-period=5s CMD ["/gatehouse", "healthcheck", "--config", "/etc/gatehouse/gatehouse.yaml"]
ENTRYPOINT ["/gatehouse"]
CMD ["serve", "--config", "/etc/gatehouse/gatehouse.yaml"]
