# Read by the scripts beside it; does nothing by itself.
set -euo pipefail

gantry=${GANTRY:-gantry}
temporal=${TEMPORAL_CLI:-temporal}
hosts=()
name=$(basename "$0")

say() { printf '%s: %s\n' "$name" "$*" >&2; }
fail() { say "$*"; exit 1; }
misuse() { say "$*"; say "see $name --help"; exit 2; }
# The comment at the head of the script, without its first line.
help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0; }
value() { [ $# -ge 2 ] || misuse "$1 wants a value"; printf '%s' "$2"; }
is_number() { [[ $1 =~ ^[0-9]+$ ]]; }

# Every host that was named, or the one that the local configuration names.
each_host() {
  if [ ${#hosts[@]} -eq 0 ]; then
    "$gantry" "$@"
    return
  fi
  local host failed=0
  for host in "${hosts[@]}"; do
    "$gantry" "$@" --admin "$host" || { say "$host did not do it"; failed=1; }
  done
  return $failed
}
first_host() { "$gantry" "$@" ${hosts[0]:+--admin "${hosts[0]}"}; }
# A member of a flat JSON text.
member() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" | head -n 1; }
