#!/usr/bin/env bash
# A second start skips what is done and takes under two seconds; two starts do not set up at once; clean keeps the runs.
source "$(dirname "$0")/fakes.bash"
load
fake dpkg-query "printf '$(printf 'ii  %s\\n' "${PACKAGES[@]}")'"
fake apt-get 'exit 1'
fake cmake 'touch "$BUILD/build.ninja"
printf "CMAKE_HOME_DIRECTORY:INTERNAL=%s\nMOESCOPE_LIBTORCH_DIR:PATH=%s\n" "$ROOT" "$LIBTORCH" >"$BUILD/CMakeCache.txt"'
fake ninja 'touch .ninja_log; echo "[1/5] Version"'
export ROOT BUILD LIBTORCH
mkdir -p "$LIBTORCH"

try main setup
expect 'the first start builds' [ "$status" -eq 0 ]
expect 'it configures' called 'cmake --preset release'
: >"$CALLS"
start=${EPOCHREALTIME//[.,]/}
try main setup
took=$((${EPOCHREALTIME//[.,]/} - start))
expect 'the second start works' [ "$status" -eq 0 ]
expect 'it does not configure again' not called '^cmake '
expect 'it asks ninja' called 'ninja -j'
expect "it takes under two seconds (took $took microseconds)" [ $took -lt 2000000 ]

LIBTORCH=$home/elsewhere
mkdir -p "$LIBTORCH"
try main setup
expect 'another LibTorch configures again' called 'cmake --preset release'

fake ninja 'echo "[1/9] a.cpp"; echo "a.cpp:1: error: no such thing"; exit 1'
try main setup
expect 'a failing build stops' [ "$status" -eq 1 ]
expect 'the compiler is heard' saidSo 'error: no such thing'

mkfifo "$home/heard"
exec 8>"$CACHE/.lock"
flock 8
withLock "$CACHE" echo 'my turn' >"$home/heard" 2>&1 8>&- &
exec 7<"$home/heard"
read -r said <&7
expect 'a second start says that it waits' [ "$said" = 'Another start is setting up; waiting for it.' ]
exec 8>&-
read -r said <&7
expect 'and goes on when the first is done' [ "$said" = 'my turn' ]
wait

mkdir -p "$STORE/runs/a"
try main clean
expect 'clean removes what was fetched' [ ! -e "$CACHE" ]
expect 'clean removes what was built' [ ! -e "$ROOT/build" ]
expect 'clean keeps the runs' [ -d "$STORE/runs/a" ]

try main nonsense
expect 'an unknown verb is a usage error' [ "$status" -eq 2 ]
try main --help
expect 'help names the verbs' saidSo './moescope engine ARGS'
exit "$failed"
