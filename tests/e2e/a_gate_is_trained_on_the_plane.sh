#!/usr/bin/env bash
# The toy mixture on the plane through the same verbs: train, mute, resume to the same bits, compare; text is refused with a sentence.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
toy=(--preset plane --threads 1 --set training.steps=60 --set training.checkpoint_every=25 --set telemetry.probe_every=20)

digest_of() { engine digest "$1" --json --quiet | grep -oE '"(weights|optimizer|series)":("[^"]*"|\{[^}]*\})'; }

# Each family of gates trains; the likelihood's experts end better than they began.
for gate in jacobs91 hme94 switch gshard; do
  expect_exit 0 engine train "${toy[@]}" --preset "$gate" --name "$gate" --json
  expect_text "$out" '"event":"finished"'
  expect_text "$(grep '"event":"finished"' <<<"$out")" '"upper right":'
done
expect_exit 0 engine train "${toy[@]}" --name blend --json

# Expectation-maximisation: the training loss never rises by more than rounding.
expect_exit 0 engine train --preset plane_em --threads 1 --set training.steps=25 --name em --json
grep '"event":"report"' <<<"$out" | grep -oE '"loss":[^,]*' | cut -d: -f2 |
  awk 'NR > 1 && $1 > last + 1e-5 { print "rose from " last " to " $1; bad = 1 } { last = $1 } END { exit bad || NR != 25 }' || fail "the likelihood fell in a step of EM"

# Interrupted and resumed: the bits of the run that was not.
expect_exit 0 engine train "${toy[@]}" --name whole --quiet
expect_exit 137 env MOESCOPE_FAULT=ckpt.fsync:-1:kill "$MOESCOPE_ENGINE" train "${toy[@]}" --name cut --quiet
expect_exit 0 engine resume "$(engine runs list --where 'name=cut' --json --quiet | field run)" --quiet
[ "$(digest_of cut)" = "$(digest_of whole)" ] || fail "the resumed run has other bits"

# The plane is stored with each probe, and what holds for text is said.
expect_exit 0 engine query 'SELECT count(*) n, min(experts) e FROM plane' --run whole --json
expect_text "$out" '4'
expect_exit 0 engine verify whole --deep
expect_exit 0 engine mute jacobs91 --json
expect_text "$out" '"lower left":'
expect_exit 0 engine probe jacobs91 --json
expect_text "$out" '"token_information":null'
expect_exit 0 engine probe jacobs91 --tokens --json
expect_exit 0 engine eval jacobs91 --json
expect_exit 0 engine series jacobs91 load --layer 0 --json
expect_exit 0 engine compare blend jacobs91 --json
expect_exit 0 engine data sample --preset plane --json
expect_text "$out" '"value":'
expect_exit 2 engine generate jacobs91 --prompt a
expect_text "$err" 'mixture on the plane'
printf 'some text\n' >"$scratch/text.txt"
expect_exit 2 engine eval jacobs91 --text "$scratch/text.txt"
expect_text "$err" 'mixture on the plane'
expect_exit 2 engine train --preset plane --preset deepseek_moe
expect_text "$err" 'moe.shared_experts'
expect_exit 2 engine train --preset eight_domains --preset jacobs91
expect_text "$err" 'model.family'
expect_exit 2 engine twin jacobs91 --dense
