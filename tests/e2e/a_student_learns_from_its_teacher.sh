#!/usr/bin/env bash
# A mixture teaches a shallower one and a dense one: killed and resumed to the same bits, without the teacher's run; what is wrong is explained.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"

digest_of() { engine digest "$1" --json --quiet | grep -oE '"(weights|optimizer|series)":("[^"]*"|\{[^}]*\})'; }
taught_steps() { engine series "$1" aux_kd --json --quiet 2>/dev/null | grep -oE '"values":\[[^]]*' | cut -d[ -f2 | tr ',' '\n' | grep -cE '^[0-9]'; } # with a teacher
folder_of() { printf '%s/runs/%s' "$MOESCOPE_STORE" "$(engine runs show "$1" --json --quiet | field run)"; }

expect_exit 0 engine train "${quick[@]}" --preset pr_moe --set model.layers=3 --name big --quiet --json
teacher=$(field run <<<"$out")

# Fewer layers, 60 % of the steps with the teacher: a child of its teacher, with an event where it falls silent.
student=(distill big --preset mos --set training.checkpoint_every=5 --threads 1 --quiet)
expect_exit 0 engine "${student[@]}" --name whole --json
expect_exit 0 engine runs show whole --json
[ "$(field parent <<<"$out")" = "$teacher" ] || fail "the student is no child of its teacher"
[ "$(field parent_step <<<"$out")" = 30 ] || fail "its parent step is $(field parent_step <<<"$out")"
expect_text "$out" "\"teacher\":\"$teacher@30\""
expect_text "$out" '"layers":2'
expect_text "$out" '"step":18[^}]*"code":"distillation.ended"'
[ "$(taught_steps whole)" = 18 ] || fail "$(taught_steps whole) steps have a divergence"
expect_exit 0 engine verify whole --deep

# Killed while it learns from the teacher, and again after it; the teacher's run is gone by then.
for at in 12 24; do
  expect_exit 137 env MOESCOPE_FAULT="step.fwd:$at:kill" "$MOESCOPE_ENGINE" "${student[@]}" --name "killed$at"
  [ "$(state_of "killed$at")" = interrupted ] || fail "a killed student is listed as $(state_of "killed$at")"
done
mv "$MOESCOPE_STORE/runs/$teacher" "$scratch/teacher"
for at in 12 24; do
  expect_exit 0 engine resume "killed$at" --quiet
  [ "$(digest_of "killed$at")" = "$(digest_of whole)" ] || fail "killed at $at the student has other bits"
done

# More steps do not bring the teacher back; a fork teaches on from the copy, also without the teacher's run.
expect_exit 0 engine resume killed12 --set training.steps=34 --quiet
[ "$(taught_steps killed12)" = 18 ] || fail "with more steps $(taught_steps killed12) of them have a divergence"
expect_exit 0 engine fork killed24 --from 25 --set distillation.until=1 --name further --quiet
[ "$(taught_steps further)" = 5 ] || fail "$(taught_steps further) steps of the fork have a divergence"

# A copy that is damaged or missing: exit 5 naming the way out, checkpoints as they were, and that way out works.
copy=$(find "$(folder_of killed24)/teacher" -name model.safetensors)
before=$(digest_of killed24)
printf 'x' | dd of="$copy" bs=1 seek=2000 conv=notrunc 2>/dev/null
expect_exit 5 engine resume killed24 --set training.steps=40
expect_text "$err" 'teacher.bad: the copy of the teacher .* is damaged .* fork the run with --set distillation.teacher='
expect_exit 5 engine verify killed24 --deep
expect_text "$out" 'teacher/step-000000030'
rm -r "$(dirname "$copy")"
expect_exit 5 engine resume killed24 --set training.steps=40
expect_text "$err" 'is missing'
[ "$(digest_of killed24)" = "$before" ] || fail "a refused resume changed the run"
expect_exit 0 engine fork killed24 --from 25 --set distillation.teacher= --name alone --quiet
[ "$(taught_steps alone)" = 0 ] || fail "without a teacher there is a divergence"
mv "$scratch/teacher" "$MOESCOPE_STORE/runs/$teacher"

# A dense student begins with the teacher's weights beside the experts.
expect_exit 0 engine distill big --preset moe_to_dense --steps 6 --threads 1 --name small --quiet --json
expect_exit 0 engine runs show small --json
expect_text "$out" '"code":"distillation.started","text":"Learns from \\"big\\" at step 30, 3 layers, 8 experts. Its first weights are the teacher.s in 20 of 26 tensors'
expect_text "$out" '"experts":0'
[ -d "$(folder_of small)/checkpoints/step-000000000" ] || fail "there is no checkpoint of step 0"
ls -d "$MOESCOPE_STORE"/converting-* 2>/dev/null && fail "copying left its scratch folder"

# What cannot be is explained before a run is made.
before=$(engine runs list --json --quiet | wc -l)
expect_exit 2 engine train "${quick[@]}" --preset mos
expect_text "$err" '--set distillation.teacher=RUN .*moescope-engine distill RUN'
expect_exit 2 engine train "${quick[@]}" --preset mos --set distillation.teacher=nobody
expect_text "$err" 'teacher is not there'
expect_exit 5 engine train "${quick[@]}" --preset mos --set distillation.teacher=big@7
expect_text "$err" 'the teacher cannot be read: no good checkpoint at or before step 7: .*there are 20, 30'
expect_exit 2 engine train "${quick[@]}" --preset mos --set distillation.teacher=big --set model.context=32
expect_text "$err" 'The teacher "big" has a context of 64 tokens, this run of 32.*model.context=64'
expect_exit 2 engine train --preset four_alphabets --set distillation.teacher=big
expect_text "$err" 'The teacher "big" has [0-9]+ tokens \(chars of domains\), this run [0-9]+ tokens .*both must have the same'
expect_exit 2 engine distill small
expect_text "$err" 'this run is dense'
expect_exit 2 engine distill big --layers 3
expect_text "$err" 'not shallower'
[ "$(engine runs list --json --quiet | wc -l)" = "$before" ] || fail "a refused student left a run"

# The command that the refusal names works.
expect_exit 0 engine train "${quick[@]}" --preset mos --set distillation.teacher=big --set training.steps=4 --name named --quiet
expect_exit 0 engine digest named --quiet
exit 0
