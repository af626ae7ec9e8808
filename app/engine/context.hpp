// What every verb of the command line shares: where the store is, how to print, which device.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/problem.hpp"

namespace CLI {
class App;
}

namespace moescope::app {

/// Keeps the order of keys as written, so that people can read the lines.
using Json = nlohmann::ordered_json;

struct Context {
    std::string store;   ///< as given; empty = the default place
    std::string device;  ///< as given; empty = the setting
    std::int64_t threads = -1;
    bool json = false;
    bool quiet = false;

    std::filesystem::path storeFolder() const;
    /// Result to stdout: one JSON line with --json, else `text` (nothing if empty).
    void result(const Json& json, const std::string& text) const;
    /// A message for people to stderr; silent with --quiet.
    void say(const std::string& text) const;
};

/// What a parsed command line will do; returns the exit code.
using Action = std::function<int()>;

/// Adds verbs to the program; parsing one of them sets `action`.
using AddVerb = void (*)(CLI::App&, Context&, Action&);

/// Prints problems (JSON: {"problems":[...]}; text: a line each on stderr) and returns exit code 2.
int report(const Context&, const base::Problems&);

Json toJson(const base::Problems&);
/// The bytes of a file a person named; throws base::Error with exit 3 when it cannot be read.
std::string readInput(const std::string& file, std::uint64_t limit);

/// A finite number, or null.
Json number(double value);

/// Left- and right-aligned columns for people; the first row is the head.
std::string table(const std::vector<std::vector<std::string>>& rows, const std::string& leftAligned = "0");
/// 1234567 -> "1.23 M"; 0.00123 -> "1.23e-3" style short numbers for people.
std::string shortNumber(double value);
std::string fixed(double value, int decimals);

}  // namespace moescope::app
