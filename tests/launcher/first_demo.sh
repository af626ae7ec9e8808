#!/usr/bin/env bash
# Without a display: the first demo is trained once, drawn again from the store, resumed when it was interrupted.
source "$(dirname "$0")/fakes.bash"
load
setUp() { :; }
mkdir -p "$BUILD"
state=$home/state
program() { fake "$1" "$2"; mv "$home/bin/$1" "$BUILD/$1"; }
program moescope-engine '
case $1 in
    train) run=$MOESCOPE_STORE/runs/01RUN$(($(ls "$MOESCOPE_STORE/runs" 2>/dev/null | wc -l) + 1))
           mkdir -p "$run" && echo "{ \"name\" : \"First demo\" }" >"$run/meta.json"
           echo finished >"'"$state"'" ;;
    resume) echo finished >"'"$state"'" ;;
    runs) echo "{\"run\":\"$3\",\"state\":\"$(cat "'"$state"'")\",\"step\":3,\"checkpoints\":[{\"step\":3,\"state\":\"good\"}]}" ;;
esac'
program moescope 'echo "platform ${QT_QPA_PLATFORM:-default}" >>"$CALLS"'

try main
expect 'it says that there is no display' saidSo 'There is no display'
expect 'it trains' called 'train --preset collapse_and_cure --name First demo'
expect 'it draws the run offscreen' called "--screenshot $STORE/first-demo.png --open 01RUN1 --page train --size 1440x900"
expect 'really offscreen' called 'platform offscreen'
expect 'it says where the picture is' saidSo "$STORE/first-demo.png"

: >"$CALLS"
try main
expect 'the second start does not train' not called 'engine train'
expect 'it draws the stored run' called '--open 01RUN1'

echo interrupted >"$state"
try main
expect 'an interrupted demo goes on' called 'resume 01RUN1'

try main demo
expect 'demo trains anew and draws the new run' called '--open 01RUN2'

: >"$CALLS"
try main --open last
expect 'a window without a display is refused' [ "$status" -eq 1 ]
try main --screenshot a.png
expect 'a picture needs no display' called 'platform offscreen'
: >"$CALLS"
DISPLAY=:7 try main --open last
expect 'with a display the window opens' called 'moescope --open last'
expect 'on it' called 'platform default'

program moescope-engine 'exit 10'
rm -rf "$STORE/runs"
try main
expect "a stopped training passes on the engine's exit code" [ "$status" -eq 10 ]
exit "$failed"
