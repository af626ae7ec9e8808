#!/usr/bin/env bash
# pause, single step, set, mute, rig, checkpoint, resume, stop and signals, from another process.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

"$MOESCOPE_ENGINE" train "${quick[@]}" --set training.steps=100000 --set training.pace=20 --name steered --quiet 2>"$scratch/steered.err" &
pid=$!
wait_for 20 step_reached steered 3
[ "$(state_of steered)" = running ] || fail "state is $(state_of steered)"

expect_exit 0 engine send steered pause --json
paused=$(field applied_at_step <<<"$out")
wait_for 5 is_in_state steered paused
expect_exit 0 engine send steered step --json
wait_for 5 step_reached steered $((paused + 1))
expect_exit 0 engine send steered mute layer=0 expert=2
expect_exit 0 engine send steered rig layer=0 expert=1 bias=4
expect_exit 0 engine send steered set key=moe.top_k value=2
expect_exit 2 engine send steered set key=training.batch value=8
expect_text "$err$out" 'training.batch'
expect_exit 2 engine send steered mute layer=7 expert=0
expect_exit 2 engine send steered dance
expect_exit 0 engine send steered resume
wait_for 10 step_reached steered $((paused + 12))
expect_exit 0 engine send steered checkpoint
expect_exit 4 engine resume steered

muted=$(engine series steered load --layer 0 --expert 2 --json --quiet | grep -oE '[0-9.e-]+\]' | tail -n 1)
[ "$muted" = '0.0]' ] || [ "$muted" = '0]' ] || fail "a muted expert still has load $muted"
expect_exit 0 engine runs show steered --json
expect_text "$out" '"code":"command.mute"'
expect_text "$out" '"code":"command.set"'

kill -TERM "$pid"
wait "$pid"
code=$?
[ "$code" = 10 ] || fail "SIGTERM gave exit $code"
[ "$(state_of steered)" = stopped ] || fail "after SIGTERM the state is $(state_of steered)"
expect_exit 2 engine send steered pause

# A second signal stops at once, whatever the engine is doing by then: writing the checkpoint, or already closing the store.
for gap in 0.01 0.1 0.2 0.4; do
  "$MOESCOPE_ENGINE" train "${quick[@]}" --set training.steps=100000 --set training.pace=20 --name "twice $gap" --quiet 2>/dev/null &
  pid=$!
  wait_for 20 step_reached "twice $gap" 3
  kill -TERM "$pid"
  read -r -t "$gap" <> <(:)
  kill -TERM "$pid" 2>/dev/null
  wait "$pid"
  code=$?
  [ "$code" = 10 ] || fail "a second signal after $gap s gave exit $code"
done
expect_exit 2 engine send steered pause
expect_text "$err" 'not running'
