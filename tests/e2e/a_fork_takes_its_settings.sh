#!/usr/bin/env bash
# A fork goes on from the parent's checkpoint with the parent's live settings, except those that --set changes.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

# config KEY: a setting in the stored configuration of the run in $out (runs show --json).
config() { grep -oE "\"$1\":[^,}]*" <<<"$out" | head -n 1 | cut -d: -f2; }

last_value() { engine series "$@" --json --quiet | grep -oE '[0-9.e-]+\]' | tail -n 1 | tr -d ']'; } # RUN METRIC [OPTIONS]

# The parent's balance goes from 0.01 to 0.5 at step 5, by its script; its checkpoints hold that.
expect_exit 0 engine train "${quick[@]}" --set training.schedule='"constant"' --set training.warmup=0 --set training.lr=0.003 \
  --set training.keep_checkpoints=3 \
  --set 'script=[{"step":5,"command":"set","key":"balance.coefficient","value":0.5}]' --name parent --quiet --json

expect_exit 0 engine fork parent --from 10 --set training.lr=0.0001 --name slow --quiet --json
[ "$(last_value slow learning_rate)" = 0.0001 ] || fail "the fork trained with a learning rate of $(last_value slow learning_rate)"
expect_exit 0 engine runs show slow --json
[ "$(config lr)" = 0.0001 ] || fail "the fork's configuration says $(config lr)"
[ "$(config coefficient)" = 0.5 ] || fail "the fork forgot the balance of its parent: $(config coefficient)"
[ "$(field parent_step <<<"$out")" = 10 ] || fail "the fork's parent step is $(field parent_step <<<"$out")"

for change in balance.coefficient=0 balance.z_coefficient=0.01 moe.top_k=2 capacity.factor=1 router.noise_scale=2 training.pace=500 \
  'router.rig=[9,0,0,0,0,0,0,0]'; do
  expect_exit 0 engine fork parent --from 20 --set "$change" --name "fork $change" --quiet --json
done
[ "$(last_value 'fork balance.coefficient=0' auxiliary)" = 0.0 ] || fail "without a balance loss the auxiliary loss is $(last_value 'fork balance.coefficient=0' auxiliary)"
rigged=$(last_value 'fork router.rig=[9,0,0,0,0,0,0,0]' load --layer 0 --expert 0)
[ "$rigged" = 1.0 ] || fail "with a rig of 9 expert 0 has load $rigged"
awk -v k="$(last_value 'fork moe.top_k=2' effective_k)" 'BEGIN { exit !(k > 1) }' || fail "a fork to two experts a token uses one"

# What would have no effect, or does not exist, is refused before a run is made.
before=$(engine runs list --json --quiet | wc -l)
expect_exit 2 engine fork parent --set 'router.noise="none"' --set router.noise_scale=2
expect_text "$err" 'router.noise_scale'
expect_exit 2 engine fork parent --set training.learning=2
expect_exit 2 engine fork parent --set moe.top_k=99
[ "$(engine runs list --json --quiet | wc -l)" = "$before" ] || fail "a refused fork left a run"
