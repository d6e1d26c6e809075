#!/usr/bin/env bash
# Holds the Debian packages to what they promise: lintian, then a life in a Debian 12 of their own, booted
# with systemd: install, demo, serve under the unit, upgrade, remove. Not in `make test`: it takes five
# minutes, needs root, Debian's mirror and a kernel that lets systemd-nspawn boot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/install.sh

[ "$(id -u)" -eq 0 ] || fail "needs root, to make and boot a Debian"
install_missing debootstrap fish lintian man-db mandoc systemd-container zsh

debian=$cache/bookworm.tar
if [ ! -f "$debian" ]; then
  say "making a Debian 12 (debootstrap)"
  folder=$(mktemp -d)
  mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -1 || true)
  debootstrap --variant=minbase --include=ca-certificates,dbus,systemd,systemd-sysv bookworm \
    "$folder/tree" "${mirror:-http://deb.debian.org/debian}" >"$folder/log" 2>&1 ||
    { tail -5 "$folder/log" >&2; fail "debootstrap failed"; }
  tar -C "$folder/tree" -cf "$debian.new" .
  mv "$debian.new" "$debian"
  rm -rf "$folder"
fi
GANTRY_PACKAGES=$PWD/build/package GANTRY_DEBIAN=$debian GANTRY_TEMPORAL=$cache/temporal/bin/temporal \
  python3 tests/package/package_test.py "$@"
