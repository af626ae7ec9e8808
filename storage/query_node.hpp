// A parsed query as a tree, and the words it is made of.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/pattern.hpp"
#include "storage/query.hpp"

namespace moescope::storage {

enum class Operator { equal, unequal, less, atMost, greater, atLeast, has };

struct Query::Node {
    enum class Kind { all, any, none, compare, pattern, word, moment } kind = Kind::all;
    std::vector<std::shared_ptr<const Node>> parts;   // all, any; none: one
    std::string key;                                  // compare, pattern; empty: the free-text fields
    Operator op = Operator::equal;
    std::string text;                                 // lower case
    std::optional<double> number;
    std::int64_t moment = 0;
    std::shared_ptr<const Pattern> pattern;
};

/// ASCII letters in lower case.
std::string lowered(std::string_view text);
/// "1.5M", "200k"; B and G are billions.
std::optional<double> queryNumber(std::string_view text);
/// "7d" before now, or a day "2026-01-31"; microseconds since 1970.
std::optional<std::int64_t> queryMoment(std::string_view text, std::int64_t nowUs);

}  // namespace moescope::storage
