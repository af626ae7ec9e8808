#!/usr/bin/env bash
# A finished run gets an engine that waits: an expert is muted, its effect asked for, undone; nothing of the run's end changes.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

engine train "${quick[@]}" --name ended --quiet || fail "the run failed"
before=$(engine digest ended --json --quiet)

"$MOESCOPE_ENGINE" resume ended --hold --quiet 2>"$scratch/held.err" &
pid=$!
held() { [ "$(state_of ended)" = paused ]; }
wait_for 30 held
expect_exit 0 engine send ended mute layer=0 expert=1 --json
expect_exit 0 engine send ended mute_delta layer=0 expert=1 --json
expect_text "$out" '"domains":\[\{"name":"[^"]+","with":(null|[0-9.]+),"without":'
expect_text "$out" '\],"with":[0-9.]+,"without":[0-9.]+'
expect_exit 2 engine send ended mute_delta layer=0 expert=99 --json
expect_text "$out" 'has no expert 99'
expect_exit 0 engine send ended unmute layer=0 expert=1 --json
expect_exit 0 engine send ended stop --json
wait "$pid" || fail "the held engine failed: $(<"$scratch/held.err")"
[ "$(state_of ended)" = finished ] || fail "a finished run that was held is $(state_of ended) afterwards"
[ "$(engine digest ended --json --quiet)" = "$before" ] || fail "holding a run changed it"
