#!/usr/bin/env bash
# Trains every router preset 200 steps, goes back to step 100 and trains again to the same bits, and draws what the window shows:
# every_router.sh ENGINE DESKTOP FOLDER [ROUTER...]. DESKTOP - draws nothing. The runs stay in FOLDER/store; a table is printed.
set -euo pipefail
[[ $# -ge 3 ]] || { echo "usage: $0 ENGINE DESKTOP FOLDER [ROUTER...]" >&2; exit 2; }
engine=$1 desktop=$2 folder=$3
shift 3
mkdir -p "$folder/config" "$folder/run"
chmod 700 "$folder/run"
export MOESCOPE_STORE=$folder/store QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=$folder/run XDG_CONFIG_HOME=$folder/config
settings=(--set training.steps=200 --set training.checkpoint_every=100 --set training.eval_every=50 --set training.eval_batches=2
  --set telemetry.probe_every=50 --set training.warmup=20)
routers=("$@")
[[ $# -gt 0 ]] || mapfile -t routers < <("$engine" routers --json | grep -oE '^\{"id":"[a-z0-9_]+' | cut -d\" -f4)

number() { grep -oE "\"$2\":[-0-9.e+]+" <<<"$1" | head -n 1 | cut -d: -f2; }
list() { grep -oE "\"$2\":\[[^]]*\]" <<<"$1" | head -n 1 | sed -E 's/.*\[(.*)\]/\1/; s/"//g; s/,/ /g'; }

# base ROUTER: the run preset it is trained on, and what else it needs.
base() {
  case $1 in
    jacobs91 | hme94) ;;
    mos | moe_to_dense)
      "$engine" runs list --json --quiet | grep -q '"name":"teacher"' ||
        "$engine" train --quiet --preset eight_domains --preset pr_moe "${settings[@]}" --name teacher >/dev/null
      printf '%s\n' --preset eight_domains --set distillation.teacher=teacher
      ;;
    *) printf '%s\n' --preset eight_domains ;;
  esac
}

# draw ROUTER: what the window shows of its run.
draw() {
  local page
  for page in train routing:tokens routing:specialisation; do
    "$desktop" --page "$page" --open "$1" --theme light --size 1366x768 --screenshot "$folder/$1-${page#*:}.png"
  done
}

failed=0
printf '%-20s %9s %9s  %s\n' router val_loss 'same bits' 'curves of its own'
for router in "${routers[@]}"; do
  mapfile -t with < <(base "$router")
  if ! "$engine" train --quiet "${with[@]}" --preset "$router" "${settings[@]}" --name "$router" >"$folder/run/out" 2>&1; then
    printf '%-20s FAILED: %s\n' "$router" "$(tail -n 1 "$folder/run/out")"
    failed=$((failed + 1))
    continue
  fi
  before=$("$engine" digest "$router" --json)
  "$engine" resume "$router" --from 100 --quiet >/dev/null
  after=$("$engine" digest "$router" --json)
  same=yes
  [[ $before == "$after" ]] || { same=NO; failed=$((failed + 1)); }
  card=$("$engine" routers "$router" --json)
  curves=$(list "$card" curves)
  for curve in $curves; do
    "$engine" series "$router" "$curve" --json >/dev/null 2>&1 || { curves+=" ($curve is not stored)"; failed=$((failed + 1)); }
  done
  printf '%-20s %9.4f %9s  %s\n' "$router" "$(number "$("$engine" runs show "$router" --json)" val_loss)" "$same" "$curves"
  [[ $desktop == - ]] || draw "$router"
done
echo "$((${#routers[@]})) routers, $failed failures"
[[ $failed -eq 0 ]]
