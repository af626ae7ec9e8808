#!/usr/bin/env bash
# A step that is not finite pauses a watched run and names a good checkpoint; a rewind there with half the learning rate goes on.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
command -v perl >/dev/null || exit 77 # holds the socket open, as a window does

digest_of() { engine digest "$1" --json --quiet | grep -oE '"(weights|optimizer|series)":("[^"]*"|\{[^}]*\})'; }

MOESCOPE_FAULT=step.fwd:26:nan "$MOESCOPE_ENGINE" train "${quick[@]}" --set training.steps=50 --set training.lr=0.003 --set training.pace=6 \
  --name watched --quiet 2>"$scratch/watched.err" &
pid=$!
wait_for 60 step_reached watched 2
socket=$(ls "$XDG_RUNTIME_DIR"/moescope/*.sock)
perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new($ARGV[0]) or die "no socket"; sleep 120' "$socket" &
watcher=$!
wait_for 60 is_in_state watched paused
expect_exit 0 engine runs show watched --json
expect_text "$out" '"code":"loss.nan".*Checkpoint 20 is good'
expect_exit 0 engine send watched rewind step=20 lr_factor=0.5 --json
[ "$(field applied_at_step <<<"$out")" = 20 ] || fail "rewound to $out"
kill "$watcher"
wait "$pid" || fail "the rewound run failed: $(<"$scratch/watched.err")"
[ "$(state_of watched)" = finished ] || fail "the run is $(state_of watched)"
expect_exit 0 engine runs show watched --json
expect_text "$out" 'training.lr 0.003 -> 0.0015'

engine train "${quick[@]}" --set training.steps=50 --set training.lr=0.003 --name slower --quiet \
  --set 'script=[{"step":20,"command":"set","key":"training.lr","value":0.0015}]' || fail "the reference run failed"
[ "$(digest_of watched)" = "$(digest_of slower)" ] || fail "the rewound run is not the one with half the rate from step 20"
