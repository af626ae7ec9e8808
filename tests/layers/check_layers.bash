#!/usr/bin/env bash
# The layer rule: check_layers.bash ROOT prints each line of the tree that breaks it, with the reason, and fails if there is one.
set -u
cd "${1:?usage: check_layers.bash ROOT}" || exit 2

QT='<(Q[A-Z]|Qt|qcustomplot)|"qcustomplot'
TORCH='[<"](ATen|torch|c10|caffe2)/'
SQLITE='[<"](sqlite3|SQLiteCpp/)'
INCLUDE='^[[:space:]]*#[[:space:]]*include[[:space:]]*'
violations=0

# Lines of the C++ and CUDA files under the folders $2... that match $1, without // comments.
matches() {
    local pattern=$1 folder
    shift
    for folder in "$@"; do
        [ -d "$folder" ] || continue
        grep -rnE --include='*.hpp' --include='*.cpp' --include='*.h' --include='*.cu' --include='*.cuh' -- "$pattern" "$folder"
    done | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(//|\*)'
}

report() { # REASON, reads the offending lines
    local reason=$1 line
    while IFS= read -r line; do
        printf '%s\n    %s\n' "$line" "$reason"
        violations=$((violations + 1))
    done
}

forbid() { # REASON PATTERN FOLDER...
    local reason=$1 pattern=$2
    shift 2
    report "$reason" < <(matches "$pattern" "$@")
}

forbidIncludes() { # REASON PATTERN FOLDER...
    local reason=$1 pattern=$2
    shift 2
    forbid "$reason" "$INCLUDE($pattern)" "$@"
}

# FOLDER may include of the tree only what matches ALLOWED.
onlyFromTree() { # ALLOWED FOLDER...
    local allowed=$1
    shift
    report "this layer includes of the tree only $allowed" < <(
        matches "$INCLUDE\"(core|storage|plots|ui|app)/" "$@" | grep -vE "include[[:space:]]*\"($allowed)")
}

values='core/(base|config|telemetry)/'
onlyFromTree 'core/base/' core/base
onlyFromTree "$values" core/config core/telemetry
onlyFromTree "$values|core/statistics/" core/statistics
onlyFromTree "$values|storage/" storage
onlyFromTree 'core/' core
onlyFromTree "$values|plots/" plots
onlyFromTree "$values|core/statistics/|plots/|storage/|ui/" ui
onlyFromTree "$values|app/shared/" app/shared
onlyFromTree "core/|storage/|app/(engine|shared)/" app/engine
onlyFromTree "$values|storage/|plots/|ui/|app/(desktop|shared)/" app/desktop

report 'headers of plain values need the standard library alone' < <(
    matches "$INCLUDE<" core/base core/config core/telemetry | grep -E '^[^:]*\.hpp:' | grep -vE 'include[[:space:]]*<[a-z_0-9]+>')
forbidIncludes 'no Qt in the engine, the store and what programs share' "$QT" core storage app/engine app/shared
forbidIncludes 'no LibTorch outside the engine' "$TORCH" storage plots ui app/desktop app/shared
forbidIncludes 'this part of the engine works without LibTorch' "$TORCH" core/base core/config core/telemetry core/statistics core/data core/checkpoint
forbidIncludes 'the engine knows no SQLite' "$SQLITE" core
forbidIncludes 'plots draw values, they read no database' "$SQLITE" plots
forbidIncludes 'torch/torch.h doubles the build; include what is needed' '[<"]torch/torch\.h' core storage plots ui app tests cmake

everything=(core storage plots ui app tests)
forbid 'the store is read through storage/' 'QSqlDatabase' "${everything[@]}"
forbid 'files from outside are hostile: no pickles' '(torch|jit)::load\b' "${everything[@]}"
forbid 'no shell' '(^|[^[:alnum:]_.>])(system|popen)\(' "${everything[@]}"
forbid 'a truncated file must be an error, not a signal: read with pread' '(^|[^[:alnum:]_.>])mmap\(' "${everything[@]}"
forbid 'not deterministic or not fast: use index_select, gather, index_add' 'index_put_?\(|\.index\(\{' core/model core/kernels core/routing
forbid 'depends on the locale: use std::from_chars' '\b(strto(d|f|ld)|ato[fl]|sto(d|f|ld))[[:space:]]*\(' core storage app/engine app/shared
report 'kernels take pointers and sizes and compile without LibTorch' < <(
    matches "$INCLUDE$TORCH" core/kernels | grep -E '^[^:]*\.cuh?:')

[ "$violations" -eq 0 ] && { echo "The layers hold."; exit 0; }
echo "$violations line(s) break the layer rule."
exit 1
