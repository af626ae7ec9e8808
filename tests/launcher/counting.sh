#!/usr/bin/env bash
# The closing line counts what CTest reports; nothing run, a failure or a test that was not built is an error.
source "$(dirname "$0")/fakes.bash"
load

results() { # STATUS...
    echo '<testsuite>'
    for one; do
        case $one in
            skip) printf '\t<testcase name="a" status="notrun">\n\t\t<skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>\n\t</testcase>\n' ;;
            unbuilt) printf '\t<testcase name="a" status="notrun">\n\t\t<skipped message="Unable to find executable"/>\n\t</testcase>\n' ;;
            *) printf '\t<testcase name="a" status="%s">\n\t\t<system-out>\t&lt;testcase status="run"\n</system-out>\n\t</testcase>\n' "$one" ;;
        esac
    done
    echo '</testsuite>'
}

counts() { # LINE STATUS RESULT...
    local line=$1 code=$2
    shift 2
    results "$@" >"$home/results.xml"
    try countTests "$home/results.xml"
    expect "$* gives: $line" [ "$said" = "$line" ]
    expect "$* ends with $code" [ "$status" -eq "$code" ]
}

counts '2 passed, 0 failed' 0 run run
counts '1 passed, 1 failed' 1 run fail
counts '1 passed, 0 failed, 1 skipped' 0 run skip
counts '1 passed, 1 failed' 1 run unbuilt
counts '0 passed, 0 failed' 1
counts '0 passed, 0 failed, 1 skipped' 1 skip
exit "$failed"
