#!/usr/bin/env bash
# What a mixture layer costs with 64 experts over what it costs with 8, at equal experts per token and width, for every router preset
# that can be timed so: expert_cost.sh ENGINE [ROUTER...]. A quiet machine is needed; both layers take turns in one process.
set -euo pipefail
[[ $# -ge 1 ]] || { echo "usage: $0 ENGINE [ROUTER...]" >&2; exit 2; }
engine=$1
shift
routers=("$@")
[[ $# -gt 0 ]] || mapfile -t routers < <("$engine" routers --json | grep -oE '^\{"id":"[a-z0-9_]+' | cut -d\" -f4)
value() { grep -oE "\"$2\":[-0-9.e+]+" <<<"$1" | cut -d: -f2; }

printf '%-20s %10s %10s %8s\n' router 'ms, 8' 'ms, 64' 'time x'
for router in "${routers[@]}"; do
  with=(--preset tiny --preset "$router" --set moe.granularity=1)
  card=$("$engine" routers "$router" --json)
  ! grep -q '"router.groups"' <<<"$card" || with+=(--set router.groups=4)
  if ! answer=$("$engine" bench moe "${with[@]}" --experts 8,64 --seconds 2 --json 2>&1); then
    printf '%-20s %s\n' "$router" "$(head -n 1 <<<"$answer" | cut -c 1-120)"
    continue
  fi
  few=$(head -n 1 <<<"$answer") many=$(tail -n 1 <<<"$answer")
  awk -v r="$router" -v a="$(value "$few" fastest_step)" -v b="$(value "$many" fastest_step)" 'BEGIN { printf "%-20s %10.2f %10.2f %8.2f\n", r, 1000 * a, 1000 * b, b / a }'
done
