# The command line ampkit, its emulator included, as an image of one static program.
#
#   docker build -t ampkit .
#   docker run --rm -p 127.0.0.1:9099:9099 ampkit emulator --allow-remote --listen 0.0.0.0:9099
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY pkg pkg
ARG TARGETOS TARGETARCH VERSION=
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -tags arrow_json_stdlib \
      -ldflags "-s -w -X main.version=$VERSION" -o /ampkit ./pkg/cmd/ampkit
RUN install -d -m 1777 /image/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /image/ /
COPY --from=build /ampkit /ampkit
USER 65532:65532
ENTRYPOINT ["/ampkit"]
