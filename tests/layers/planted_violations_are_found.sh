#!/usr/bin/env bash
# The layer rule can fail: each planted line is found, each allowed line passes.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0
expected=()

number=0

plant() { # TREE FILE LINE; each line in a file of its own, whose name is then in $planted
    number=$((number + 1))
    planted=${2%/*}/planted_$number.${2##*.}
    mkdir -p "$1/${planted%/*}"
    printf '%s\n' "$3" >"$1/$planted"
}

refused() {
    plant "$tree/refused" "$@"
    expected+=("$planted: $2")
}

allowed() { plant "$tree/allowed" "$@"; }

refused core/base/a.hpp '#include "core/config/run_config.hpp"'
refused core/base/a.hpp '#include <fmt/format.h>'
refused core/config/a.hpp '#include <nlohmann/json.hpp>'
refused core/telemetry/a.hpp '#include "core/model/model.hpp"'
refused core/statistics/a.cpp '#include "core/training/trainer.hpp"'
refused core/statistics/a.cpp '#include <ATen/ATen.h>'
refused storage/a.cpp '#include <QString>'
refused storage/a.cpp '#include <ATen/ATen.h>'
refused storage/a.cpp '#include "core/training/trainer.hpp"'
refused core/training/a.cpp '#include <QtCore/QString>'
refused core/training/a.cpp '#include <sqlite3.h>'
refused core/training/a.cpp '  #  include "storage/run_store.hpp"'
refused core/data/a.cpp '#include <c10/core/ScalarType.h>'
refused plots/a.hpp '#include "storage/reader.hpp"'
refused plots/a.hpp '#include "ui/window.hpp"'
refused ui/a.cpp '#include "core/model/model.hpp"'
refused ui/a.cpp '#include <torch/csrc/autograd/custom_function.h>'
refused app/engine/a.cpp '#include <QCoreApplication>'
refused app/engine/a.cpp '#include "ui/window.hpp"'
refused app/desktop/main.cpp '#include "core/training/trainer.hpp"'
refused app/shared/a.cpp '#include <QString>'
refused tests/core/a.cpp '#include <torch/torch.h>'
refused core/model/a.cpp '#include <torch/torch.h>'
refused ui/a.cpp 'QSqlDatabase database;'
refused core/model/a.cpp 'auto m = torch::jit::load(path);'
refused core/checkpoint/a.cpp 'torch::load(tensor, path);'
refused app/engine/a.cpp 'std::system("ls");'
refused app/desktop/a.cpp 'FILE *f = popen("ls", "r");'
refused core/data/a.cpp 'void *p = ::mmap(nullptr, n, 0, 0, fd, 0);'
refused core/model/a.cpp 'x.index_put_({i}, y);'
refused core/routing/a.cpp 'auto y = x.index({i});'
refused core/config/a.cpp 'double x = std::stod(text);'
refused storage/a.cpp 'double x = strtod(text, nullptr);'
refused core/kernels/cuda/a.cu '#include <ATen/ATen.h>'

allowed core/base/a.hpp '#include <string_view>'
allowed core/config/a.cpp '#include <nlohmann/json.hpp>'
allowed core/training/a.cpp '#include <ATen/ATen.h>'
allowed core/training/a.cpp '#include "core/data/corpus.hpp"'
allowed storage/a.cpp '#include <SQLiteCpp/Database.h>'
allowed storage/a.cpp '#include "core/telemetry/step_telemetry.hpp"'
allowed ui/a.cpp '#include "storage/reader.hpp"'
allowed ui/a.cpp '#include "core/statistics/comparison.hpp"'
allowed ui/a.cpp 'double x = std::stod(text);'
allowed app/engine/a.cpp '#include "storage/writer.hpp"'
allowed core/data/a.cpp '// never mmap() here'
allowed app/shared/a.cpp 'const auto root = fileSystem("/");'

found=$(bash "$here/check_layers.bash" "$tree/refused") && { echo 'violations do not fail the check'; failed=1; }
for one in "${expected[@]}"; do
    grep -qF "${one%%: *}:1:" <<<"$found" || { echo "not found: $one"; failed=1; }
done
bash "$here/check_layers.bash" "$tree/allowed" || { echo 'lines above are refused without reason'; failed=1; }
exit $failed
