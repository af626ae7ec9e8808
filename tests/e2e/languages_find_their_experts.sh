#!/usr/bin/env bash
# The lessons of the four languages: with alphabets of their own each gets an expert of its own, which a mute shows; with
# one alphabet for all none does. A lesson may fail with one seed in five.
# shellcheck source=tests/e2e/support.bash
. "$(dirname "$0")/support.bash"
lesson=(--set telemetry.sample_every=0 --set training.checkpoint_every=0 --set training.eval_every=250)

# owners RUN: of each expert the language that rises most when it is muted, by at least 1 nat and twice any other's rise.
owners() {
  engine mute "$1" --layer 0 --json --quiet | grep -oE '"delta":.*' | grep -oE '\{[^}]*\}' | tr -d '{}"' |
    awk -F, '{ best = ""; top = 0; second = 0
      for (i = 1; i <= NF; i++) { split($i, rise, ":")
        if (rise[2] > top) { second = top; top = rise[2]; best = rise[1] } else if (rise[2] > second) second = rise[2] }
      if (top >= 1 && top >= 2 * second) print best }' | sort -u | wc -l
}

found=0
for seed in 0 1 2 3 4; do
  expect_exit 0 engine train --preset four_alphabets --name "own$seed" --set training.seed="$seed" "${lesson[@]}" --quiet
  count=$(owners "own$seed")
  echo "seed $seed: $count of 4 experts own a language"
  found=$((found + (count == 4)))
done
[ "$found" -ge 4 ] || fail "every expert owns a language with only $found of 5 seeds"

expect_exit 0 engine train --preset one_alphabet --name shared "${lesson[@]}" --quiet
count=$(owners shared)
echo "one alphabet: $count of 4 experts own a language"
[ "$count" = 0 ] || fail "$count experts own a language although all share one alphabet"
