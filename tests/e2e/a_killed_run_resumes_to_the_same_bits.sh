#!/usr/bin/env bash
# kill -9 in the middle, then resume: weights and curves equal those of a run that was never interrupted, live commands included.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
steps=(--set training.steps=120)

digest_of() { engine digest "$1" --json --quiet | grep -oE '"(weights|optimizer|series)":("[^"]*"|\{[^}]*\})'; }

start_slow() { # NAME: paced so that commands and kills find it training
  "$MOESCOPE_ENGINE" train "${quick[@]}" "${steps[@]}" --set training.pace=6 --name "$1" --quiet >"$scratch/$1.out" 2>"$scratch/$1.err" &
  pid=$!
  wait_for 20 engine runs show "$1" --quiet >/dev/null
}

# The reference: one live command at a step of its own choosing, no interruption.
start_slow reference
wait_for 20 step_reached reference 15
expect_exit 0 engine send reference set key=balance.coefficient value=0.2 --json
applied=$(field applied_at_step <<<"$out")
wait "$pid" || fail "the reference run failed: $(<"$scratch/reference.err")"

# The same again with the command at the same step, killed after it and before the next checkpoint.
script="[{\"step\":$applied,\"command\":\"set\",\"key\":\"balance.coefficient\",\"value\":0.2}]"
engine train "${quick[@]}" "${steps[@]}" --set "script=$script" --name scripted --quiet || fail "the scripted run failed"
[ "$(digest_of scripted)" = "$(digest_of reference)" ] || fail "a script is not the command it repeats"

# Killed inside the very last save: every step is told, and the resume makes the same end of it.
engine train "${quick[@]}" --name whole --quiet || fail "the short run failed"
expect_exit 137 env MOESCOPE_FAULT=ckpt.fsync:-1:kill "$MOESCOPE_ENGINE" train "${quick[@]}" --set training.checkpoint_every=20 --name cut --quiet
cut=$(engine runs list --where 'name=cut' --json --quiet | field run)
(cd "$MOESCOPE_STORE/runs/$cut/checkpoints" && ls -d step-000000020 tmp-000000030-*) >/dev/null || fail "it was not killed inside the save of step 30"
expect_exit 0 engine resume "$cut" --quiet
[ "$(digest_of "$cut")" = "$(digest_of whole)" ] || fail "a run killed in its last save has other bits after the resume"

engine train "${quick[@]}" "${steps[@]}" --name straight0 --quiet || fail "the straight run failed"
# Somebody deletes the log of a killed run: the resume goes on from the checkpoint and says what is missing.
start_slow bare
wait_for 20 step_reached bare 22
kill -9 "$pid"
wait "$pid" 2>/dev/null
rm -f "$MOESCOPE_STORE/runs/$(engine runs show bare --json --quiet | grep -oE '"run":"[^"]*' | head -n 1 | cut -c8-)"/run.db-{wal,shm}
expect_exit 0 engine resume bare --json
expect_text "$err" 'curves end at step [0-9]+ and the checkpoint is of step [0-9]+: the log run.db-wal'
expect_exit 0 engine runs show bare --json
expect_text "$out" '"code":"db.wal_lost"'
[ "$(digest_of bare | grep -F weights)" = "$(digest_of straight0 | grep -F weights)" ] || fail "without its log the run went another way"
expect_exit 0 engine verify bare --deep

for trial in 1 2; do
  start_slow "killed$trial"
  wait_for 20 step_reached "killed$trial" $((8 + 12 * trial))
  expect_exit 0 engine send "killed$trial" set key=training.lr value=0.002 --json
  at=$(field applied_at_step <<<"$out")
  wait_for 20 step_reached "killed$trial" $((at + 2))
  kill -9 "$pid"
  wait "$pid" 2>/dev/null
  [ "$(state_of "killed$trial")" = interrupted ] || fail "a killed run is listed as $(state_of "killed$trial")"
  expect_exit 0 engine verify "killed$trial" --deep
  expect_exit 0 engine resume "killed$trial" --quiet
  engine train "${quick[@]}" "${steps[@]}" --name "straight$trial" --quiet \
    --set "script=[{\"step\":$at,\"command\":\"set\",\"key\":\"training.lr\",\"value\":0.002}]" || fail "the straight run failed"
  [ "$(digest_of "killed$trial")" = "$(digest_of "straight$trial")" ] || fail "trial $trial: the resumed run has other bits"
done
