#!/usr/bin/env bash
# An experiment trains its runs, gives a verdict with its numbers and a report, and goes on with what is missing; a router has a card.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

expect_exit 0 engine experiment --json --quiet
expect_text "$out" '"id":"X6"'
expect_exit 0 engine experiment X8 --quiet
expect_text "$out" 'largest deviation 0, allowed 0'
expect_text "$out" 'Verdict: confirmed'

expect_exit 0 engine experiment X30 --seeds 2 --steps 6 --threads 1 --report "$scratch/x30.md" --json --quiet
expect_text "$(tail -n 1 <<<"$out")" '"verdict":"(confirmed|not seen at this scale|contrary)"'
expect_text "$(tail -n 1 <<<"$out")" '"smallest_p":0.5'
grep -q 'moescope-engine experiment X30 --seeds 2 --steps 6' "$scratch/x30.md" || fail "the report does not say how to get it again"
[ "$(engine runs list --where tag:X30 --json --quiet | wc -l)" = 6 ] || fail "there are not six runs"

# Given again with a seed more, only the third is trained.
expect_exit 0 engine experiment X30 --seeds 3 --steps 6 --threads 1 --json
expect_text "$err" '9 runs, 6 of them in the store already'
[ "$(engine runs list --where tag:X30 --json --quiet | wc -l)" = 9 ] || fail "runs were trained twice"

# An arm that begins with the last weights of another: they are trained in this order, and found again.
expect_exit 0 engine experiment X18 --seeds 1 --steps 6 --threads 1 --json
expect_text "$(tail -n 1 <<<"$out")" '"claim":"Upcycled, the first loss is at most 1.0001 times'
[ "$(engine runs list --where tag:X18 --json --quiet | wc -l)" = 3 ] || fail "there are not three runs"
expect_exit 0 engine query "SELECT name FROM runs WHERE parent <> ''" --json --quiet
[[ $out == *'X18 upcycled-s0'* && $out != *'from scratch'* ]] || fail "one run has a parent: $out"
expect_exit 0 engine experiment X18 --seeds 1 --steps 6 --threads 1 --json
expect_text "$err" '3 runs, 3 of them in the store already'
expect_exit 0 engine experiment X18 --seeds 1 --steps 6 --threads 1 --dry-run
expect_text "$out" 'keep'

# Numbers that are measured on the last weights.
expect_exit 0 engine experiment X26 --seeds 2 --steps 6 --threads 1 --json --quiet
[[ $(tail -n 1 <<<"$out") != *null* ]] || fail "a reading of X26 is no number"

expect_exit 2 engine experiment X99
expect_text "$err" 'take one of X1'

expect_exit 0 engine routers deepseek_v3
expect_text "$out" 'choice by s_e \+ b_e'
expect_text "$out" 'Wang et al. 2024'
expect_exit 0 engine routers grin --json
expect_text "$out" '"key":"router.options.mask_range"'
expect_exit 0 engine routers expert_choice
expect_text "$out" 'Mark: not causal'
expect_exit 2 engine routers swich
expect_text "$err" 'switch'
