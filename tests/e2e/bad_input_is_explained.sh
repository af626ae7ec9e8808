#!/usr/bin/env bash
# Every mistake gets its exit code and a sentence that names what, where and what to do; nothing is left behind.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
cd "$scratch" || exit 1

mistake() { # EXIT PATTERN ARGUMENTS...
  local code=$1 pattern=$2
  shift 2
  expect_exit "$code" engine "$@"
  expect_text "$err$out" "$pattern"
  grep -qE 'terminate called|Exception raised from|c10::' <<<"$err" && fail "a raw exception: $err"
  return 0
}

mistake 2 'moe.top_k' train "${quick[@]}" --set moe.top_k=9
mistake 2 'model.heads' train "${quick[@]}" --set model.heads=7
mistake 2 'no gradient|cannot teach' train "${quick[@]}" --set moe.top_k=1 --set router.score=softmax_selected
mistake 2 'collapse' train --preset colapse
mistake 2 'training.steps' train "${quick[@]}" --set training.stepz=4
mistake 2 'router.rig' train "${quick[@]}" --set 'router.rig=[1,2]'
mistake 2 'data.domains' train "${quick[@]}" --set 'data.domains=[{"family":"poems"}]'
mistake 2 'training.lr' train "${quick[@]}" --set training.lr=-1
mistake 2 'KEY=VALUE' train "${quick[@]}" --set training.steps
if ! engine devices --json | grep -q '"id":"cuda'; then # a machine without a GPU says what to take instead
  mistake 2 'training.precision: bf16 .*precision=float32' train "${quick[@]}" --set training.precision=bf16
  mistake 2 'training.precision: bf16' bench train --preset tiny --set training.precision=bf16
  mistake 2 'training.device: .*auto, cpu' train "${quick[@]}" --device cuda
  mistake 2 'training.device: .*auto, cpu' estimate "${quick[@]}" --device cuda:3
  mistake 2 'training.precision: bf16 .*precision=float32' estimate "${quick[@]}" --set training.precision=bf16
fi
mistake 2 '' nonsense
mistake 2 'unknown|no run' runs show nobody
mistake 2 'where|query' runs list --where 'val_loss <'

printf '{"model": {"layers": 2, "colour": 3}}' >unknown.json
mistake 2 'model.colour' train --recipe unknown.json
printf '{"preset": "eight_domain", "training": {"steps": 3}}' >preset.json
mistake 2 'preset: .*nearest is eight_domains' train --recipe preset.json
printf '{"model": ' >broken.json
mistake 2 '' train --recipe broken.json
mistake 3 'absent.json' train --recipe absent.json
mistake 2 '' train --recipe 'moe:!!!'

: >empty.txt
mistake 3 'empty' train --preset own_text --set data.source=empty.txt
printf 'short' >short.txt
mistake 3 'short' train --preset own_text --set data.source=short.txt
head -c 100000 /dev/urandom >binary.bin
mistake 3 'binary' train --preset own_text --set data.source=binary.bin
mistake 2 'absent.txt' train --preset own_text --set data.source=absent.txt
mkfifo pipe
mistake 3 'pipe' train --preset own_text --set data.source=pipe

printf '{"logits": [[1, 2], [3, 1e999]], "config": {"moe.experts": 2, "moe.top_k": 1}}' >infinite.json
mistake 3 'row 1|infinit' route --input infinite.json
printf '{"logits": [[1, 2]], "config": {"moe.experts": 2, "moe.top_k": 3}}' >big_k.json
mistake 2 'moe.top_k' route --input big_k.json

[ -z "$(engine runs list --json --quiet)" ] || fail "a refused run is in the store: $(engine runs list)"

# A damaged run is shown as quarantined, and the others stay usable.
expect_exit 0 engine train "${quick[@]}" --name good --quiet
expect_exit 0 engine train "${quick[@]}" --name damaged --quiet
damaged=$(engine runs show damaged --json --quiet | field run)
printf 'this is not a database' >"$MOESCOPE_STORE/runs/$damaged/run.db"
rm -f "$MOESCOPE_STORE/runs/$damaged/run.db-wal"
[ "$(engine runs list --json --quiet | grep -F "$damaged" | field state)" = quarantined ] || fail "a damaged run is not marked"
expect_exit 5 engine series damaged loss
expect_exit 0 engine series good loss
expect_exit 5 engine verify

# A damaged checkpoint: the one before it is used, and said so.
good=$(engine runs show good --json --quiet | field run)
newest=$(find "$MOESCOPE_STORE/runs/$good/checkpoints" -maxdepth 1 -name 'step-*' | sort | tail -n 1)
printf 'x' | dd of="$newest/model.safetensors" bs=1 seek=5000 conv=notrunc status=none
expect_exit 0 engine resume good --set training.steps=40 --quiet --json
expect_exit 0 engine runs show good --json
expect_text "$out" 'ckpt.bad'
