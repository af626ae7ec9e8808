#!/usr/bin/env bash
# Only missing packages are asked for; without sudo the one command is printed; a failure shows apt's own words.
source "$(dirname "$0")/fakes.bash"
load
mkdir -p "$LIBTORCH"
all=$(printf 'ii  %s\\n' "${PACKAGES[@]}")

fake dpkg-query "printf '$all'"
try missingPackages
expect 'nothing is missing' [ -z "$said" ]

fake dpkg-query "printf '${all/ii  mold/un  mold}'"
try missingPackages
expect 'what is not installed is missing' [ "$said" = mold ]

fake python3 'exit 1'
rmdir "$LIBTORCH"
try missingPackages
expect 'pip is needed as long as LibTorch is not there' [ "$said" = $'mold\npython3\npython3-pip' ]
mkdir "$LIBTORCH"

isRoot() { false; }
fake apt-get
command() { [[ $* != '-v sudo' ]] && builtin command "$@"; }
try installPackages
expect 'without sudo it stops' [ "$status" -eq 1 ]
expect 'the one command is printed' saidSo 'apt-get update && apt-get install --no-install-recommends mold'
expect 'apt was not called' not called apt-get
unset -f command

fake sudo 'exec "$@"'
fake apt-get '[[ $* == *--assume-no* ]] && echo "Need to get 12.3 MB of archives."
[[ $* == *Status-Fd* ]] && { echo "dlstatus:1:50.0:Retrieving"; echo "pmstatus:mold:100.0:Installed mold"; }
exit 0'
try installPackages
expect 'packages install through sudo' [ "$status" -eq 0 ]
expect 'variables follow sudo, which would drop them before it' called 'sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get'
expect 'the lists are fetched first' called 'apt-get .* update'
expect 'asking for the size installs nothing' not called '-y .*--assume-no'
expect 'the size is said' saidSo '12.3 MB to download'

fake apt-get '[[ $* == *Status-Fd* ]] && { echo "E: the disk is full"; exit 100; }
exit 0'
try installPackages
expect 'a failing apt stops' [ "$status" -eq 1 ]
expect 'its words are shown' saidSo 'E: the disk is full'
exit "$failed"
