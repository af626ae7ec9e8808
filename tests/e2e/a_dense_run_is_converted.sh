#!/usr/bin/env bash
# A dense run becomes a mixture with the same function, a mixture becomes dense, neurons become experts; each is a child of its run.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 < b + 0) }'; }
value() { grep -oE "\"$1\":[-0-9.e]+" <<<"$out" | head -n 1 | cut -d: -f2; } # of the line about the conversion
first_loss() { engine series "$1" val_loss --json --quiet | grep -oE '"values":\[[^],]*' | grep -oE '[0-9.]+$'; }

expect_exit 0 engine train "${quick[@]}" --preset dense --set model.activation='"relu"' --set model.ffn_width=32 --name dense --quiet --json
parent=$(field run <<<"$out")
last_dense=$(engine series dense val_loss --json --quiet | grep -oE '"values":\[[^]]*' | grep -oE '[0-9.]+$')

for options in "--experts 4 --top-k 2" "--experts 4 --top-k 1" "--experts 3 --top-k 2 --granularity 4"; do
  # shellcheck disable=SC2086  # options are words
  expect_exit 0 engine upcycle dense $options --steps 10 --name "up $options" --quiet --json
  below "$(value largest_logit_difference)" 1e-5 || fail "upcycling with $options changes a logit by $(value largest_logit_difference)"
  awk -v a="$(first_loss "up $options")" -v b="$last_dense" 'BEGIN { d = a - b; exit !(d < 1e-4 && d > -1e-4) }' || fail "the first loss is $(first_loss "up $options"), the dense run's $last_dense"
  expect_exit 0 engine runs show "up $options" --json
  [ "$(field parent <<<"$out")" = "$parent" ] || fail "the new run is no child of the dense one"
  [ "$(field parent_step <<<"$out")" = 30 ] || fail "its parent step is $(field parent_step <<<"$out")"
done

# Its first checkpoint is that of step 0, so that a run stopped at once can go on.
[ -d "$MOESCOPE_STORE/runs/$(engine runs list --where 'name="up --experts 4 --top-k 2"' --json --quiet | field run)/checkpoints/step-000000000" ] || fail "there is no checkpoint of step 0"

# Neurons in clusters: all of them are the layer again, a part of them is not.
expect_exit 0 engine moefy dense --experts 8 --top-k 8 --steps 5 --name whole --quiet --json
below "$(value largest_logit_difference)" 1e-5 || fail "all clusters together change a logit by $(value largest_logit_difference)"
expect_exit 0 engine moefy dense --experts 8 --top-k 2 --steps 5 --name part --quiet --json
below 1e-3 "$(value largest_logit_difference)" || fail "a quarter of the clusters changes nothing"

# By chance, with a router that learns: all shares are the layer again here too.
expect_exit 0 engine moefy dense --split random --experts 8 --top-k 8 --steps 5 --name shares --quiet --json
below "$(value largest_logit_difference)" 1e-5 || fail "all shares together change a logit by $(value largest_logit_difference)"
expect_exit 0 engine moefy dense --split random --experts 8 --top-k 2 --steps 5 --name two --quiet --json
expect_exit 0 engine runs show two --json
expect_text "$out" '"logit_gauss_learned"'
expect_text "$out" 'llama_moe'

# Back again, and what cannot be is explained before a run is made.
expect_exit 0 engine to-dense "up --experts 4 --top-k 2" --experts busiest --steps 5 --name back --quiet --json
expect_exit 0 engine runs show back --json
expect_text "$out" '"experts":0'
before=$(engine runs list --json --quiet | wc -l)
expect_exit 2 engine upcycle whole
expect_text "$err" 'has experts already'
expect_exit 2 engine to-dense dense
expect_text "$err" 'dense already'
expect_exit 2 engine moefy dense --experts 5
expect_text "$err" 'do not divide'
expect_exit 2 engine moefy dense --split random --top-k 1
expect_text "$err" 'top-k 2 or more'
[ "$(engine runs list --json --quiet | wc -l)" = "$before" ] || fail "a refused conversion left a run"
ls -d "$MOESCOPE_STORE"/converting-* 2>/dev/null && fail "a conversion left its scratch folder"
exit 0
