#!/usr/bin/env bash
# A sweep lists its grid, trains it, goes on where it ended, tells what failed; match solves widths and trains its set.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
short=("${quick[@]}" --set telemetry.probe_every=0 --set moe.top_k=2)
grid=(sweep "${short[@]}" --vary "router.weigh=raw,renorm" --name order)
sweep=("${grid[@]}" --seeds 2)
amount() { grep -oE "$1" <<<"$2" | wc -l; }

expect_exit 0 engine "${sweep[@]}" --dry-run --json
expect_text "$out" '"dry_run":true.*"name":"order weigh=raw-s0".*"values":\{"router.weigh":"raw"\},"action":"train"'
[ "$(amount '"action":"train"' "$out")" = 4 ] || fail "not 4 runs: $out"
expect_exit 0 engine runs list --json
[ -z "$(field run <<<"$out")" ] || fail "a dry run made a run"

# One of the four is there already, under another name; it is taken.
expect_exit 0 engine train "${short[@]}" --set router.weigh=renorm --seed 1 --name before --quiet
expect_exit 0 engine "${sweep[@]}" --tag weighing --json --quiet
answer=$(tail -n 1 <<<"$out")
[ "$(amount '"state":"finished"' "$answer")" = 4 ] || fail "not all finished: $answer"
expect_text "$answer" '"name":"before","group":"order weigh=renorm","seed":1,.*"action":"keep"'
expect_text "$answer" '"groups":\[\{"group":"order weigh=raw",.*"n":2,"mean":[0-9.]+,"sd":[0-9.e-]+\}'
expect_exit 0 engine runs list --where "tag:weighing" --json
[ "$(amount '"run":' "$out")" = 3 ] || fail "not 3 new runs"

# Mean and sd are those of the runs' last validation losses.
losses=$(grep -oE '"name":"order weigh=raw-s[01]"[^}]*\}[^}]*"val_loss":[0-9.]+' <<<"$answer" | grep -oE '[0-9.]+$')
got=$(grep -oE '"group":"order weigh=raw","values":\{[^}]*\},"runs":\[[^]]*\],"n":2,"mean":[0-9.]+,"sd":[0-9.e-]+' <<<"$answer" | grep -oE '"mean":.*')
awk -v got="$got" '{ x[NR] = $1 } END { m = (x[1] + x[2]) / 2; s = sqrt((x[1] - m) ^ 2 + (x[2] - m) ^ 2); split(got, p, /[:,]/); exit !(NR == 2 && (p[2] - m) ^ 2 < 1e-16 && (p[4] - s) ^ 2 < 1e-12) }' <<<"$losses" ||
  fail "mean and sd of ($losses) are not $got"

# Given again it has nothing to do; with one seed more it trains two.
expect_exit 0 engine "${sweep[@]}" --json --quiet
[ "$(amount '"action":"keep"' "$(tail -n 1 <<<"$out")")" = 4 ] || fail "trained again what was there: $out"
expect_exit 0 engine "${grid[@]}" --seeds 3 --dry-run --json
[ "$(amount '"action":"train"' "$out")" = 2 ] || fail "a third seed is not two more runs: $out"

# A sweep that is stopped goes on: the run in work is resumed, what is finished is kept.
slow=(sweep "${short[@]}" --set training.steps=60 --set training.pace=20 --vary "balance.coefficient=0,0.1" --name stopped)
"$MOESCOPE_ENGINE" "${slow[@]}" --quiet --json >"$scratch/slow" 2>&1 &
pid=$!
wait_for 60 step_reached "stopped coefficient=0.0-s0" 15
kill -TERM "$pid"
wait "$pid"
[ $? = 10 ] || fail "a sweep ended by a signal does not say so"
expect_text "$(tail -n 1 "$scratch/slow")" '"state":"stopped".*"state":"waiting"'
expect_exit 0 engine "${slow[@]}" --set training.pace=20 --dry-run
expect_text "$out" 'stopped coefficient=0.0-s0 +resume'
expect_exit 0 engine "${slow[@]}" --json --quiet
expect_text "$(tail -n 1 <<<"$out")" '"action":"resume","state":"finished".*"action":"train","state":"finished"'

# One that fails does not keep the others.
expect_exit 9 engine sweep "${short[@]}" --vary training.lr=1e6,1e-3 --set training.warmup=0 --set training.clip=0 --name wild --json --quiet
expect_text "$(tail -n 1 <<<"$out")" '"state":"diverged".*"state":"finished"'

expect_exit 2 engine sweep "${short[@]}" --vary moe.topk=1,2
expect_text "$err" 'moe.topk.*nearest is moe.top_k'
expect_exit 2 engine sweep "${short[@]}" --vary moe.top_k=2,16
expect_text "$err" 'with moe.top_k = 16'
expect_exit 2 engine sweep "${short[@]}" --vary training.seed=1,2
expect_text "$err" 'how many seeds'

# Equal FLOPs, by the counter that everything is counted with.
expect_exit 0 engine match --preset eight_domains --dense --granularity 1,2,4,8 --json
for word in '"name":"G1","reference":true' '"name":"dense"' '"name":"G8"'; do expect_text "$out" "$word"; done
shares=$(grep -oE '"mismatch":[-0-9.e]+' <<<"$out" | cut -d: -f2)
[ -n "$shares" ] || fail "no mismatch is named"
while read -r share; do
  awk -v m="$share" 'BEGIN { exit !(m <= 0.02 && m >= -0.02) }' || fail "mismatch $share"
done <<<"$shares"
width=$(grep -oE '"name":"G4".*' <<<"$out" | grep -oE '"moe.expert_width":[0-9]+' | head -n 1 | cut -d: -f2)
flops=$(grep -oE '"name":"G4".*' <<<"$out" | grep -oE '"flops_token_forward":[0-9.]+' | head -n 1 | cut -d: -f2)
expect_exit 0 engine estimate --preset eight_domains --set moe.granularity=4 --set "moe.expert_width=$width" --json
awk -v a="$flops" -v b="$(field flops_token_forward <<<"$out")" 'BEGIN { exit !(a == b) }' || fail "match counts $flops, estimate another number"
expect_exit 0 engine match --preset eight_domains --dense --by parameters
expect_text "$out" 'matched by all parameters'
expect_exit 2 engine match --preset eight_domains --experts 256 --granularity 8
expect_text "$err" 'misses the reference by [0-9.]+ %.*--force'
expect_exit 0 engine match --preset eight_domains --preset switch --routers gshard,deepseek_moe --json
for word in '"name":"switch","reference":true' '"name":"gshard"' '"name":"deepseek_moe"' '"moe.expert_width":[0-9]+'; do expect_text "$out" "$word"; done
expect_exit 2 engine match --preset eight_domains --routers no_such_router
expect_text "$err" 'there is no router "no_such_router"'
expect_exit 2 engine match --preset dense_chars --granularity 2 --set data.source=domains
expect_text "$err" '--experts 8'
expect_exit 2 engine match --preset eight_domains
expect_text "$err" 'nothing to match'

expect_exit 0 engine match "${short[@]}" --dense --by seconds --seeds 2 --train --name fair --json --quiet
answer=$(tail -n 1 <<<"$out")
[ "$(amount '"state":"finished"' "$answer")" = 4 ] || fail "not all of the set finished: $answer"
expect_text "$answer" '"by":"seconds".*"seconds_step":[0-9.e-]+.*"group":"fair dense"'
echo "grid of 4 with 1 kept, resumed after a signal; matched set within 2 %"
