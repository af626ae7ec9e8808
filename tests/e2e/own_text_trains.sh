#!/usr/bin/env bash
# Files of the user's own become domains; the model learns them, writes, and is compared with its dense twin.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
mkdir "$scratch/texts"
seq 1 9000 | sed 's/$/ bottles of beer on the wall, take one down and pass it around/' >"$scratch/texts/song.txt"
seq 1 9000 | sed 's/.*/if (x & < limit) { total += table[&]; }/' >"$scratch/texts/code.txt"

expect_exit 0 engine data inspect "$scratch/texts" --json
expect_text "$out" '"name":"song'
small=(--preset own_text --set "data.source=$scratch/texts" --set training.steps=40 --set training.batch=4 --set model.width=32
  --set model.layers=2 --set model.heads=2 --set model.context=64 --set moe.expert_width=32 --set training.eval_every=20 --set training.warmup=10
  --set training.eval_batches=2 --set training.checkpoint_every=20 --set telemetry.probe_tokens=128 --set telemetry.sample_every=20 --threads 1)
expect_exit 0 engine train "${small[@]}" --name texts --json
expect_text "$out" '"bits_per_byte":[0-9]'
first=$(grep '"event":"evaluated"' <<<"$out" | head -n 1 | field val_loss)
last=$(grep '"event":"evaluated"' <<<"$out" | tail -n 1 | field val_loss)
awk -v a="$first" -v b="$last" 'BEGIN { exit !(b < a - 0.5) }' || fail "validation went from $first to $last"

expect_exit 0 engine generate texts --prompt '12 bottles' --max-tokens 20 --temperature 0 --json
expect_text "$out" '"text":'
expect_exit 0 engine twin texts --dense --json
dense=$(grep '"event":"started"' <<<"$out")
expect_text "$dense" '"experts":0'
expect_exit 0 engine runs list --json
expect_text "$out" 'texts dense twin'
moe_flops=$(engine runs show texts --json --quiet | field flops)
dense_flops=$(engine runs show 'texts dense twin' --json --quiet | field flops)
awk -v a="$moe_flops" -v b="$dense_flops" 'BEGIN { exit !(a / b > 0.98 && a / b < 1.02) }' || fail "FLOPs differ: $moe_flops and $dense_flops"

# The text changes under a training run: it ends with a checkpoint and says where the text differs.
"$MOESCOPE_ENGINE" train "${small[@]}" --set training.steps=100000 --set training.pace=20 --name watched --quiet 2>"$scratch/watched.err" &
pid=$!
wait_for 30 step_reached watched 3
printf '9001 bottles' >>"$scratch/texts/song.txt"
wait "$pid"
code=$?
[ "$code" = 3 ] || fail "a text that grew under the run gave exit $code: $(<"$scratch/watched.err")"
expect_text "$(<"$scratch/watched.err")" 'data.changed.*the text grew from [0-9]+ to [0-9]+ bytes.*song.txt'
expect_exit 0 engine runs show watched --json
expect_text "$out" '"code":"data.changed"'
expect_text "$out" '"code":"checkpoint.saved"'
[ "$(state_of watched)" = failed ] || fail "its state is $(state_of watched)"
truncate -s -12 "$scratch/texts/song.txt"
expect_exit 0 engine resume watched --set training.steps=12 --quiet

# The text changes under a resumed run: refused, not trained on.
printf 'something else entirely\n' >>"$scratch/texts/song.txt"
expect_exit 3 engine resume texts --set training.steps=60
expect_text "$err" 'text'
