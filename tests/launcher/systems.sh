#!/usr/bin/env bash
# A supported system passes; another one is told what is needed, and nothing is installed on it.
source "$(dirname "$0")/fakes.bash"
load
fake apt-get

for supported in 'debian 12' 'debian 13' 'ubuntu 24.04'; do
    system 'A system' "${supported% *}" "${supported#* }"
    try checkSystem
    expect "$supported is supported" [ "$status" -eq 0 ]
done

for other in 'fedora 40' 'debian 11' 'ubuntu 22.04'; do
    system "This is $other" "${other% *}" "${other#* }"
    try main setup
    expect "$other stops" [ "$status" -eq 1 ]
    expect "$other is named" saidSo "This is $other"
    expect 'the needs are named' saidSo 'Debian 12, Debian 13 and Ubuntu 24.04'
done

system 'Debian GNU/Linux 12 (bookworm)' debian 12
fake uname 'echo aarch64'
try main setup
expect 'another processor stops' [ "$status" -eq 1 ]
expect 'the processor is named' saidSo aarch64

rm "$MOESCOPE_OS_RELEASE"
try main setup
expect 'a system without os-release stops' [ "$status" -eq 1 ]
expect 'apt was never called' not called apt-get
exit "$failed"
