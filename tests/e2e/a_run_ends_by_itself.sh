#!/usr/bin/env bash
# A run that no longer learns ends early; one that diverges goes back by itself if it may; a paused one whose folder is gone ends.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

digest_of() { engine digest "$1" --json --quiet | grep -oE '"(weights|optimizer|series)":("[^"]*"|\{[^}]*\})'; }

# With next to no learning rate the loss of step 0 is never beaten: over after the second validation behind it.
expect_exit 0 engine train "${quick[@]}" --set training.steps=200 --set training.eval_every=5 --set training.lr=1e-9 --set training.min_improvement=0.01 \
  --set training.patience=2 --name tired --json --quiet
[ "$(field step <<<"$out")" = 10 ] || fail "it ended at step $(field step <<<"$out")"
[ "$(state_of tired)" = finished ] || fail "the run is $(state_of tired)"
expect_exit 0 engine runs show tired --json
expect_text "$out" '"code":"run.stopped_early"'
expect_exit 0 engine fork tired --set training.lr=0.003 --set training.steps=15 --name rested --json --quiet
[ "$(field step <<<"$out")" = 15 ] || fail "a fork begins with fresh patience, but ended at $(field step <<<"$out")"

# Stopped in between and resumed it ends at the same step.
expect_exit 0 engine train "${quick[@]}" --set training.steps=200 --set training.eval_every=5 --set training.checkpoint_every=5 --set training.lr=1e-9 --set training.min_improvement=0.01 \
  --set training.patience=4 --set 'script=[{"step":11,"command":"stop"}]' --name halted --quiet
expect_exit 0 engine resume halted --json --quiet
[ "$(field step <<<"$out")" = 20 ] || fail "the resumed run ended at step $(field step <<<"$out")"

# Nobody watches: back to checkpoint 20 with half the rate, the same as a run whose script says so.
export MOESCOPE_FAULT=step.fwd:26:nan
expect_exit 0 engine train "${quick[@]}" --set training.lr=0.003 --set training.on_divergence=rewind --name mended --quiet
expect_exit 9 engine train "${quick[@]}" --set training.on_divergence=stop --name ended --quiet
unset MOESCOPE_FAULT
expect_exit 0 engine runs show mended --json
expect_text "$out" '"code":"run.rewound"'
expect_exit 0 engine train "${quick[@]}" --set training.lr=0.003 --name slower --quiet \
  --set 'script=[{"step":20,"command":"set","key":"training.lr","value":0.0015}]'
[ "$(digest_of mended)" = "$(digest_of slower)" ] || fail "the mended run is not the one with half the rate from step 20"

# The store goes while a run is paused and nobody is connected.
engine train "${quick[@]}" --set training.steps=100000 --name gone --quiet 2>"$scratch/gone.err" &
pid=$!
wait_for 60 step_reached gone 2
expect_exit 0 engine send gone pause
rm -rf "$MOESCOPE_STORE"
got=0
wait "$pid" || got=$?
[ "$got" = 6 ] || fail "exit $got: $(<"$scratch/gone.err")"
expect_text "$(<"$scratch/gone.err")" 'the folder of the run has gone'
