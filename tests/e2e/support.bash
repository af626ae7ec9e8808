# What the end-to-end scripts share: a store of their own, checks that say what they expected, a small quick model.
# shellcheck disable=SC2034  # quick, out and err are read by the scripts that source this file
set -u
: "${MOESCOPE_ENGINE:?name the built moescope-engine}"
scratch=$(mktemp -d)
export MOESCOPE_STORE="$scratch/store"
export XDG_RUNTIME_DIR="$scratch/run"
mkdir -m 700 "$XDG_RUNTIME_DIR"
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$scratch"' EXIT

# 30 steps of the eight domains, small enough for a second or two.
quick=(--preset eight_domains --set training.steps=30 --set training.eval_every=10 --set training.eval_batches=1
  --set training.checkpoint_every=10 --set telemetry.probe_every=15 --set telemetry.probe_tokens=128
  --set telemetry.sample_every=0 --set moe.expert_width=32 --set training.batch=4 --threads 1)

engine() { "$MOESCOPE_ENGINE" "$@"; }

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# expect_exit CODE COMMAND...: its output stays in $out and $err.
expect_exit() {
  local wanted=$1 got=0
  shift
  "$@" >"$scratch/out" 2>"$scratch/err" || got=$?
  out=$(<"$scratch/out")
  err=$(<"$scratch/err")
  [ "$got" = "$wanted" ] || fail "exit $got instead of $wanted: $*"$'\n'"$err"
}

expect_text() { # TEXT PATTERN
  grep -qE -- "$2" <<<"$1" || fail "expected /$2/ in: $1"
}

# field NAME: its value in the last line of standard input that has it (numbers, words, quoted texts).
field() { grep -oE "\"$1\":(\"[^\"]*\"|[^,}]*)" | tail -n 1 | sed -E "s/^\"$1\":\"?([^\"]*)\"?$/\1/"; }

newest_run() { engine runs list --json --quiet | head -n 1 | field run; }

state_of() { engine runs list --where "name=$1" --json --quiet | field state; }

is_in_state() { [ "$(state_of "$1")" = "$2" ]; } # RUN STATE

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  local tries=$(($1 * 20))
  shift
  until "$@" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "waited in vain for: $*"
    read -r -t 0.05 <> <(:) || true
  done
}

step_reached() { # RUN STEP
  local step
  step=$(engine series "$1" loss --json --quiet 2>/dev/null | grep -oE '"steps":\[[^]]*' | grep -oE '[0-9]+$')
  [ -n "$step" ] && [ "$step" -ge "$2" ]
}
