#!/usr/bin/env bash
# LibTorch: a broken download is refused, a missing network is named, an interrupted start goes on, a whole folder is kept.
source "$(dirname "$0")/fakes.bash"
builtin command -v cmake >/dev/null || exit 77
python3 -m pip --version >/dev/null 2>&1 || exit 77
load
cp "$here/../../cmake/libtorch-wheels.txt" "$ROOT/cmake/"
FREE_MB=1
export PIP_NO_INDEX=1 PIP_FIND_LINKS=$home/links
mkdir -p "$home/links"

try fetchLibtorch
expect 'without a network it stops' [ "$status" -eq 1 ]
expect 'and asks for one' saidSo 'Is there a network?'

echo 'not a wheel' >"$home/links/torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl"
try fetchLibtorch
expect 'a file with another checksum stops' [ "$status" -eq 1 ]
expect 'and is refused in words' saidSo 'its checksum differs'
expect 'and nothing is set up' [ ! -e "$LIBTORCH" ]

# Two small wheels with their own hashes stand for the real ones.
mkdir -p "$home/wheel/torch/lib" && echo library >"$home/wheel/torch/lib/libtorch_cpu.so"
: >"$ROOT/cmake/libtorch-wheels.txt"
for name in torch nvidia_cuda_runtime; do
    wheel=$home/links/$name-1.0-py3-none-any.whl
    mkdir -p "$home/wheel/$name-1.0.dist-info"
    printf 'Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n' "$name" >"$home/wheel/$name-1.0.dist-info/METADATA"
    printf 'Wheel-Version: 1.0\nTag: py3-none-any\n' >"$home/wheel/$name-1.0.dist-info/WHEEL"
    (cd "$home/wheel" && cmake -E tar cf "$wheel" --format=zip torch "$name-1.0.dist-info")
    echo "${name//_/-}==1.0 --hash=sha256:$(sha256sum "$wheel" | cut -d' ' -f1)" >>"$ROOT/cmake/libtorch-wheels.txt"
done

mv "$home/links/nvidia_cuda_runtime-1.0-py3-none-any.whl" "$home/later.whl"
try fetchLibtorch
expect 'an incomplete download stops' [ "$status" -eq 1 ]
expect 'the complete file is kept' [ -e "$CACHE/wheels/torch-1.0-py3-none-any.whl" ]

mv "$home/later.whl" "$home/links/nvidia_cuda_runtime-1.0-py3-none-any.whl"
rm "$home/links/torch-1.0-py3-none-any.whl"
mkdir -p "$LIBTORCH.part/left-over"
PIP_FIND_LINKS="$home/links $CACHE/wheels"
try fetchLibtorch
expect 'the next start goes on from the complete file' [ "$status" -eq 0 ]
expect 'the libraries are there' [ -e "$LIBTORCH/torch/lib/libtorch_cpu.so" ]
expect 'nothing of the interrupted try is left' [ ! -e "$LIBTORCH/left-over" ]
expect 'the wheels are gone' [ ! -e "$CACHE/wheels" ]

fake python3 'exit 1'
try fetchLibtorch
expect 'a whole folder is not fetched again' not called python3
expect 'and needs no word' [ "$status$said" = 0 ]

FREE_MB=99999999
rm -rf "$LIBTORCH"
try fetchLibtorch
expect 'a full disk stops before the download' not called python3
expect 'and is explained' saidSo 'free disk'
exit "$failed"
