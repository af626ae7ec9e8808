# What the launcher's tests share: a private home, programs that pretend, and expectations.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
launcher=$here/../../moescope
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -p "$home/bin" "$home/root/cmake"
export HOME=$home XDG_CACHE_HOME=$home/cache MOESCOPE_STORE=$home/store CALLS=$home/calls
export PATH=$home/bin:$PATH MOESCOPE_OS_RELEASE=$home/os-release
unset MOESCOPE_LIBTORCH_DIR DISPLAY WAYLAND_DISPLAY QT_QPA_PLATFORM
: >"$CALLS"
failed=0

system() { printf 'PRETTY_NAME="%s"\nID=%s\nVERSION_ID="%s"\n' "$1" "$2" "$3" >"$MOESCOPE_OS_RELEASE"; }

# A program of this name on the PATH that notes its call and then runs BODY.
fake() { # NAME [BODY]
    printf '#!/usr/bin/env bash\necho "%s $*" >>"$CALLS"\n%s\n' "$1" "${2:-}" >"$home/bin/$1"
    chmod +x "$home/bin/$1"
}

# The launcher's functions, working on an empty checkout.
load() {
    # shellcheck source=/dev/null
    source "$launcher"
    ROOT=$home/root
    BUILD=$ROOT/build/release
    mkdir -p "$CACHE"
}

# Runs COMMAND in a subshell; what it says is in $said, its status in $status.
try() {
    said=$("$@" 2>&1 </dev/null)
    status=$?
}

expect() { # WHAT CONDITION...
    local what=$1
    shift
    "$@" || { failed=1; printf 'not so: %s\n  status %s, said:\n%s\n  calls:\n%s\n' "$what" "${status:-}" "${said:-}" "$(cat "$CALLS")"; }
}

saidSo() { [[ $said == *"$1"* ]]; }
called() { grep -q -- "$1" "$CALLS"; }
not() { ! "$@"; }

system 'Debian GNU/Linux 12 (bookworm)' debian 12
fake uname 'echo x86_64'
