#!/usr/bin/env bash
# A run from the command line ends in the store with its curves, probe, text, fingerprints and recipe.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

expect_exit 0 engine train "${quick[@]}" --name first --tag e2e --json
finished=$(grep '"event":"finished"' <<<"$out")
[ "$(field step <<<"$finished")" = 30 ] || fail "the run did not reach step 30"
expect_text "$out" '"event":"evaluated","step":30'
run=$(field run <<<"$finished")

expect_exit 0 engine runs list --where 'tag:e2e and state:finished' --json
expect_text "$out" '"name":"first"'
expect_exit 0 engine runs list --where 'tag:nobody' --json
[ -z "$out" ] || fail "a filter without hits listed something"

expect_exit 0 engine series "$run" loss --json
[ "$(grep -oE '"steps":\[[^]]*' <<<"$out" | tr ',' '\n' | wc -l)" = 30 ] || fail "not every step's loss is stored"
stored=$(grep -oE '"values":\[[^]]*' <<<"$out" | grep -oE '[0-9.]+$')
said=$(field loss <<<"$finished")
[ "${stored:0:8}" = "${said:0:8}" ] || fail "stored loss $stored is not the reported $said"
expect_exit 0 engine series "$run" load --layer 0 --expert 3 --json
expect_text "$out" '"layer":0,"expert":3'
expect_exit 0 engine probe "$run" --json
expect_text "$out" '"domain_information":'
expect_exit 0 engine mute "$run" --layer 0 --json
expect_text "$out" '"delta":\['
expect_exit 0 engine eval "$run" --json
expect_text "$out" '"loss":[0-9]'
expect_exit 0 engine verify "$run" --deep

# The recipe gives the same run again, bit for bit.
expect_exit 0 engine export "$run" --recipe --output "$scratch/again.json"
expect_exit 0 engine digest "$run" --json
first=$(field weights <<<"$out")
expect_exit 0 engine train --recipe "$scratch/again.json" --json
expect_exit 0 engine digest last --json
[ "$(field weights <<<"$out")" = "$first" ] || fail "the same recipe gave other weights"

# A recipe of a few lines starts from the preset it names.
printf '{"preset": "eight_domains+switch", "training": {"steps": 2, "warmup": 1, "batch": 2}}' >"$scratch/short.json"
expect_exit 0 engine train --recipe "$scratch/short.json" --set training.eval_batches=1 --set telemetry.probe_tokens=128 --json
expect_text "$out" '"preset":"eight_domains\+switch".*"width":64.*"capacity":\{"factor":1'

expect_exit 0 engine export "$run" --csv --metric val_loss
expect_text "$out" '^val_loss,,,,30,'
expect_exit 0 engine runs rename "$run" 'second name'
expect_exit 0 engine runs show 'second name' --json
expect_exit 0 engine runs delete "$run"
expect_exit 2 engine runs show "$run"
expect_exit 0 engine runs restore "$run"
expect_exit 0 engine runs show "$run" --json

# A long run is written and read in a store of its own that is gone afterwards.
expect_exit 0 engine bench store --values 2e4 --json
[ "$(field values <<<"$out")" = 20033 ] || fail "299 steps of 67 values, but $(field values <<<"$out")"
expect_text "$out" '"open_ms":[0-9]'
