// Output and common options of the command line.
#include "app/engine/context.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/files.hpp"
#include "core/base/numbers.hpp"
#include "storage/store.hpp"

namespace moescope::app {
namespace {

void write(int fd, std::string line) {
    line += '\n';
    for (std::string_view rest = line; !rest.empty();) {
        const ssize_t done = ::write(fd, rest.data(), rest.size());
        if (done <= 0) return;  // a reader that went away must not stop a training
        rest.remove_prefix(static_cast<std::size_t>(done));
    }
}

std::size_t columnsOf(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string cell(const std::string& text, std::size_t width, bool left) {
    const std::string space(width - std::min(width, columnsOf(text)), ' ');
    return left ? text + space : space + text;
}

}  // namespace

std::filesystem::path Context::storeFolder() const {
    return store.empty() ? storage::defaultStoreFolder() : std::filesystem::path(store);
}

void Context::result(const Json& value, const std::string& text) const {
    if (json) return write(STDOUT_FILENO, value.dump(-1, ' ', false, Json::error_handler_t::replace));
    if (!text.empty()) write(STDOUT_FILENO, text);
}

void Context::say(const std::string& text) const {
    if (!quiet) write(STDERR_FILENO, text);
}

Json toJson(const base::Problems& problems) {
    Json list = Json::array();
    for (const base::Problem& problem : problems) list.push_back({{"key", problem.key}, {"text", problem.text}});
    return list;
}

int report(const Context& context, const base::Problems& problems) {
    if (context.json) context.result({{"problems", toJson(problems)}}, {});
    for (const base::Problem& problem : problems)
        write(STDERR_FILENO, "error: config: " + (problem.key.empty() ? "" : problem.key + ": ") + problem.text);
    return 2;
}

std::string readInput(const std::string& file, std::uint64_t limit) {
    try {
        return base::readWhole(file, limit);
    } catch (const base::FileError& error) {
        throw base::Error(base::ExitCode::badInput, "input.unreadable", error.happened(), file, "check the path");
    }
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string table(const std::vector<std::vector<std::string>>& rows, const std::string& leftAligned) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columnsOf(row[i]));
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool left = leftAligned.find(static_cast<char>('0' + i)) != std::string::npos;
            line += (i ? "  " : "") + cell(row[i], widths[i], left);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

std::string fixed(double value, int decimals) {
    return std::isfinite(value) ? base::toFixed(value, decimals) : std::string("-");
}

std::string shortNumber(double value) {
    if (!std::isfinite(value)) return "-";
    static constexpr struct { double unit; const char* name; } kUnits[] = {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
    for (const auto& [unit, name] : kUnits)
        if (std::abs(value) >= unit) return base::toFixed(value / unit, value / unit < 10 ? 2 : value / unit < 100 ? 1 : 0) + name;
    return base::toText(std::round(value * 1e4) / 1e4);
}

}  // namespace moescope::app
