#!/usr/bin/env bash
# kill, duplicate, freeze on a running run, then rewind: the same bits as the run that never had them. kill -9 in between changes nothing.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
steps=(--set training.steps=120)

digest_of() { engine digest "$1" --json --quiet | grep -oE '"(weights|optimizer|series)":("[^"]*"|\{[^}]*\})'; }

# The pace is only ever raised by commands, which have no part in the result.
hurry() { expect_exit 0 engine send "$1" set key=training.pace value=0; }

start_slow() { # NAME: paced so that commands find it training
  "$MOESCOPE_ENGINE" train "${quick[@]}" "${steps[@]}" --set training.pace=4 --name "$1" --quiet >"$scratch/$1.out" 2>"$scratch/$1.err" &
  pid=$!
  wait_for 60 step_reached "$1" 13
  expect_exit 0 engine send "$1" pause
}

operate() { # RUN: what is to be undone, all at one step
  expect_exit 0 engine send "$1" kill layer=0 expert=3 --json
  at=$(field applied_at_step <<<"$out")
  expect_exit 0 engine send "$1" duplicate layer=0 expert=1 to=3 noise=0.1
  expect_exit 0 engine send "$1" freeze layer=1 expert=0
}

engine train "${quick[@]}" "${steps[@]}" --name straight --quiet || fail "the straight run failed"

# One by one the newest goes, then, by its step, everything.
start_slow undone
operate undone
expect_exit 0 engine runs show undone --json
expect_text "$out" "expert E3 killed.*checkpoint $at is from before it"
expect_exit 2 engine send undone unmute layer=0 expert=3x
expect_exit 0 engine send undone resume
wait_for 60 step_reached undone $((at + 11))
expect_exit 0 engine send undone rewind --json
[ "$(field applied_at_step <<<"$out")" = "$at" ] || fail "the rewind went to $out instead of $at"
expect_exit 0 engine runs show undone --json
expect_text "$out" '"code":"run.rewound"'
grep -q '"step":'"$at"',"state":"good"' <<<"$out" || fail "checkpoint $at is gone"
expect_exit 0 engine export undone --recipe --json
grep -q duplicate <<<"$out" || fail "undoing the freeze took more than the freeze: $out"
! grep -q freeze <<<"$out" || fail "the freeze is still there: $out"
expect_exit 0 engine send undone rewind step="$at"
expect_exit 2 engine send undone rewind
expect_text "$out$err" 'no intervention was sent'
hurry undone
wait "$pid" || fail "the rewound run failed: $(<"$scratch/undone.err")"
[ "$(digest_of undone)" = "$(digest_of straight)" ] || fail "after the rewind the run has other bits than the one without the interventions"
expect_exit 0 engine verify undone --deep

# Killed with the interventions in force: the resume repeats them to the same bits as a script does.
start_slow killed
operate killed
expect_exit 0 engine send killed resume
wait_for 60 step_reached killed $((at + 3))
kill -9 "$pid"
wait "$pid" 2>/dev/null
expect_exit 0 engine resume killed --quiet
script="[{\"step\":$at,\"command\":\"kill\",\"layer\":0,\"expert\":3},
 {\"step\":$at,\"command\":\"duplicate\",\"layer\":0,\"expert\":1,\"to\":3,\"noise\":0.1},
 {\"step\":$at,\"command\":\"freeze\",\"layer\":1,\"expert\":0}]"
engine train "${quick[@]}" "${steps[@]}" --set "script=$script" --name scripted --quiet || fail "the scripted run failed"
[ "$(digest_of killed)" = "$(digest_of scripted)" ] || fail "a resume does not repeat interventions to the same bits"
[ "$(digest_of killed)" != "$(digest_of straight)" ] || fail "the interventions changed nothing"

# Rewound, then killed: the resume knows nothing of what was undone. The checkpoint from before it outlives the newer ones.
start_slow both
operate both
expect_exit 0 engine send both resume
wait_for 60 step_reached both $((at + 21))
expect_exit 0 engine send both rewind step="$at"
wait_for 60 step_reached both $((at + 2))
kill -9 "$pid"
wait "$pid" 2>/dev/null
expect_exit 0 engine resume both --quiet
[ "$(digest_of both)" = "$(digest_of straight)" ] || fail "a rewound run that was killed has other bits after the resume"
