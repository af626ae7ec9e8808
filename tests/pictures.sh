#!/usr/bin/env bash
# Draws every page of the window into a folder, to be looked at one by one: pictures.sh ENGINE DESKTOP FOLDER.
# Light and dark, 1, 8 and 64 experts, a dense run, an empty store, a damaged run, a small and a large screen.
set -euo pipefail
[[ $# -eq 3 ]] || { echo "usage: $0 ENGINE DESKTOP FOLDER" >&2; exit 2; }
engine=$1 desktop=$2 folder=$3
mkdir -p "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export MOESCOPE_STORE=$scratch/store QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=$scratch XDG_CONFIG_HOME=$scratch/config
routing_views=(load logits tokens coactivation paths specialisation saturation weights hand)
compare_views=(runs curves scatter parallel savings models routing)

short=(--set training.steps=120 --set training.eval_every=30 --set training.eval_batches=2 --set telemetry.probe_every=40
  --set training.checkpoint_every=40 --set telemetry.sample_every=60)
train() { "$engine" train --quiet "$@" >/dev/null; }

makeRuns() {
  train --preset collapse_and_cure --name 'Collapse and cure'
  train --preset four_alphabets --name languages --set telemetry.probe_every=50
  train --preset eight_domains "${short[@]}" --name 'one expert' --set moe.experts=1 --set moe.top_k=1
  train --preset eight_domains "${short[@]}" --name 'sixty-four' --set moe.experts=64 --set moe.top_k=4 --set moe.expert_width=16
  train --preset eight_domains "${short[@]}" --name dense --set moe.experts=0
  train --preset eight_domains "${short[@]}" --name 'a name as long as people write them when nobody is there to stop them, with seed and date 2026-11-22' --set training.steps=40
  train --preset plane --name plane
  train --preset plane_spirals --name spirals
  local seed
  for seed in 1 2 3; do
    train --preset eight_domains "${short[@]}" --name "top1-s$seed" --seed "$seed" --set moe.top_k=1
    train --preset eight_domains "${short[@]}" --name "top2-s$seed" --seed "$seed" --set moe.top_k=2
  done
}

# shot NAME OPTIONS...
shot() {
  local name=$1
  shift
  "$desktop" --screenshot "$folder/$name.png" "$@" || { echo "FAILED: $name" >&2; failed=$((failed + 1)); }
  count=$((count + 1))
}

failed=0 count=0
MOESCOPE_STORE=$scratch/none shot empty-start --page start --theme light
MOESCOPE_STORE=$scratch/none shot empty-train --page train --theme dark
MOESCOPE_STORE=$scratch/none shot empty-compare --page compare --theme light
makeRuns
for theme in light dark; do
  shot "start-$theme" --page start --theme $theme
  shot "new-$theme" --page new --theme $theme
  for run in 'Collapse and cure' languages 'one expert' sixty-four dense 'a name as long as people write them when nobody is there to stop them, with seed and date 2026-11-22'; do
    shot "train-${run:0:12}-$theme" --page train --open "$run" --theme $theme
  done
  for view in "${compare_views[@]}"; do
    shot "compare-$view-$theme" --page "compare:$view" --open top1-s1,top1-s2,top1-s3,top2-s1,top2-s2,top2-s3 --theme $theme
  done
  for view in corpus batch samples; do shot "data-$view-$theme" --page "data:$view" --open languages --theme $theme; done
  shot "device-$theme" --page device --open languages --theme $theme
  for router in deepseek_v3 switch hash_random dense; do shot "routers-$router-$theme" --page "routers:$router" --theme $theme; done
  shot "steer-$theme" --page train --layout steer --open languages --theme $theme
  shot "projector-$theme" --page train --layout projector --open languages --theme $theme
  shot "compare-one-$theme" --page compare --open dense --theme $theme
  for run in plane spirals; do shot "routing-$run-$theme" --page routing:plane --open $run --theme $theme; done
  for view in "${routing_views[@]}"; do
    for run in languages sixty-four 'one expert' dense; do
      shot "routing-$view-${run:0:12}-$theme" --page "routing:$view" --open "$run" --theme $theme
    done
  done
done
for page in start train routing compare data device routers new; do
  shot "small-$page" --page $page --open languages --theme light --size 1366x768
  shot "large-$page" --page $page --open languages --theme dark --size 2560x1440 --scale 2
done
damaged=$("$engine" runs show dense --json --quiet | grep -oE '"run":"[^"]*"' | cut -d'"' -f4)
head -c 4096 /dev/zero | tr '\0' 'x' | dd of="$MOESCOPE_STORE/runs/$damaged/run.db" conv=notrunc status=none
shot damaged-train --page train --open dense --theme light
echo "$count pictures in $folder, $failed failed"
[[ $failed -eq 0 ]]
