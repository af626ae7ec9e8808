#!/usr/bin/env bash
# A stored run's model reads a text of the user's, its experts are compared, and tables are routed one a line.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

expect_exit 0 engine train "${quick[@]}" --set training.steps=10 --name small --json
printf 'a+b é' >"$scratch/text.txt"
expect_exit 0 engine probe small --text "$scratch/text.txt" --tokens --json
tokens=$(tail -n 1 <<<"$out")
expect_text "$tokens" '"step":10,.*"unknown":\[\{"character":"é","count":1\}\]'
[ "$(grep -o '"id":' <<<"$tokens" | wc -l)" = 5 ] || fail "five characters are five tokens: $tokens"
expect_text "$tokens" '"domain":null'
expect_text "$tokens" '"logits":\[-?[0-9]'
expect_exit 0 engine probe small@10 --text - --tokens --json <<<'12'
expect_exit 3 engine probe small --text /dev/null --json

expect_exit 0 engine inspect small --similarity --all --json
[ "$(grep -c '"cosine"' <<<"$out")" -ge 2 ] || fail "every layer of every checkpoint has its line: $out"
expect_text "$out" '"cka":\[\[1\.0'
expect_exit 0 engine inspect small
expect_text "$out" 'model.layers.0.mlp.experts.0.up_proj.weight +F32'
expect_exit 2 engine inspect small --similarity --layer 77
expect_exit 5 engine inspect small@3 --similarity

# A warm engine: a good table, a table with a hole, a setting that cannot hold, and a good one again.
answers=$(printf '%s\n' '{"logits":[[1,2],[3,0]],"config":{"moe.top_k":1}}' '{"logits":[[1,"x"]]}' '{"logits":[[1,2]],"config":{"moe.top_k":5}}' '' '{"logits":[[2,1]],"config":{"moe.top_k":1}}' | engine route --serve)
[ "$(wc -l <<<"$answers")" = 4 ] || fail "four tables have four answers: $answers"
expect_text "$(sed -n 1p <<<"$answers")" '"experts":\[\[1\],\[0\]\]'
expect_text "$(sed -n 2p <<<"$answers")" '"error":.*logits row 0'
expect_text "$(sed -n 3p <<<"$answers")" '"problems":.*"key":"moe.top_k"'
expect_text "$(sed -n 4p <<<"$answers")" '"experts":\[\[0\]\]'
expect_exit 2 engine route --json
