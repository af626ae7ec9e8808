#!/usr/bin/env bash
# Three seeds of two settings: compare pairs them by seed, says what three seeds can show, and refuses what it cannot answer.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
short=("${quick[@]}" --set telemetry.probe_every=0 --set training.checkpoint_every=0)

for seed in 1 2 3; do
  expect_exit 0 engine train "${short[@]}" --name "topk-s$seed" --set training.seed=$seed --quiet
  expect_exit 0 engine train "${short[@]}" --name "dense-s$seed" --set training.seed=$seed --set moe.experts=0 --quiet
done
runs=(topk-s1 dense-s2 topk-s3 topk-s2 dense-s1 dense-s3)

expect_exit 0 engine compare "${runs[@]}" --baseline dense-s1 --json --report "$scratch/report.html"
answer=$(tail -n 1 <<<"$out")
expect_text "$answer" '"metric":"val_loss".*"axis":"step","horizon":30'
expect_text "$answer" '"group":"topk","baseline":false,"n":3,'
expect_text "$answer" '"group":"dense","baseline":true,"n":3,'
expect_text "$answer" '"interval":\{"low":[-0-9.]+,"high":[-0-9.]+,"level":0.95,"method":"percentile","rough":true,"resamples":10000\}'
expect_text "$answer" '"smallest_p":0.25,"p_exact":true,"flips":8'
expect_text "$answer" '"differs":\[\{"key":"moe.experts","values":\[8,0\]\}'

# The paired difference is that of the stored curves.
last_value() { engine series "$1" val_loss --json --quiet | grep -oE '"values":\[[^]]*' | grep -oE '[0-9.]+$'; }
wanted=$(for seed in 1 2 3; do echo "$(last_value "topk-s$seed") $(last_value "dense-s$seed")"; done | awk '{ sum += $1 - $2 } END { printf "%.9f", sum / 3 }')
got=$(grep -oE '"difference":[-0-9.e]+' <<<"$answer" | cut -d: -f2)
awk -v a="$wanted" -v b="$got" 'BEGIN { d = a - b; exit !(d < 1e-8 && d > -1e-8) }' || fail "difference $got instead of $wanted"

grep -q 'cannot fall below 0.25' "$scratch/report.html" || fail "the report does not say the smallest p"
expect_exit 0 engine train --recipe "$(grep -oE 'moe:[A-Za-z0-9_-]+' "$scratch/report.html" | head -n 1)" --name again --threads 1 --quiet

for axis in tokens flops seconds; do expect_exit 0 engine compare "${runs[@]}" --axis "$axis" --json; done
expect_exit 0 engine compare "${runs[@]}"
expect_text "$out" 'dense − topk: .* \(95 % interval .*, rough: fewer than 8 seeds\)'
expect_text "$out" 'With 3 seeds p cannot fall below 0.25; 3 more could reach 0.05'
expect_exit 0 engine compare topk-s1 topk-s2 --group-by moe.experts --metric effective_experts --layer 0
expect_text "$out" 'moe.experts 8 +2 '
expect_exit 2 engine compare topk-s1 dense-s1 --metric effective_experts --layer 0
expect_text "$err" 'series.unknown.*effective_experts'
expect_exit 0 engine compare topk-s1 dense-s1
expect_text "$out" 'One shared seed: no interval and no p'
expect_exit 0 engine compare topk-s1 dense-s2
expect_text "$out" 'No shared seeds'
expect_exit 0 engine compare topk-s1
expect_text "$out" 'nothing to compare it with'

expect_exit 2 engine compare topk-s1 nobody
expect_text "$err" 'run.unknown.*nobody'
expect_exit 2 engine compare topk-s1 dense-s1 --metric beauty
expect_text "$err" 'series.unknown.*beauty'
expect_exit 2 engine compare topk-s1 dense-s1 --metric domain_loss
expect_text "$err" 'a value for each domain.*--domain'
expect_exit 2 engine compare "${runs[@]}" --group-by model.layers
expect_text "$err" 'topk-s1 and dense-s1 are both of group|dense-s2 and topk-s2 are both of group'
expect_exit 2 engine compare topk-s1 dense-s1 --group-by moe.exprets
expect_text "$err" 'moe.exprets.*did you mean moe.experts'
expect_exit 2 engine compare topk-s1 dense-s1 --report here.pdf
expect_text "$err" '\.md or \.html'
expect_exit 0 engine train "${short[@]}" --name odd --set training.steps=25 --set training.eval_every=7 --set training.seed=1 --quiet
expect_exit 0 engine train "${short[@]}" --name even --set training.steps=24 --set training.eval_every=9 --set training.seed=1 --quiet
expect_exit 2 engine compare odd even
expect_text "$err" 'axis: after step 0 there is no step at which all'
expect_exit 0 engine compare odd even --axis tokens
echo "3 seeds of 2 settings: difference $got nats/token, smallest p 0.25"
