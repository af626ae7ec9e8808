// The query language of the filter box and of `--where`.
//
//   k=2 and val_loss<1.5 tag:g8 since:7d        terms side by side mean "and"; `or`, `not`, parentheses
//   balance.scope=sequence                      any setting by its key; aliases k, E, G, experts
//   collapse "two words" /seed [0-3]$/          words, phrases and patterns match name, tags, note, preset, group, ULID
//
// Operators = != < <= > >=, and `:` (contains, for texts; equals otherwise; `tag:`, `state:`, `is:star`, `since:`, `before:`).
// Numbers may carry k, M, B, T (1.5M); `since:`/`before:` take 7d, 12h, 30m, 2w or 2026-01-31. Case does not matter in texts.
// Patterns know . [] | () * + ? ^ $ and \d \w \s, and are matched in time linear in the text.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/problem.hpp"

namespace moescope::storage {

/// What a query looks at. `value` answers a key: nothing when the run has no such value.
using QueryValue = std::variant<bool, double, std::string, std::vector<std::string>>;
class QuerySubject {
public:
    virtual ~QuerySubject() = default;
    virtual std::optional<QueryValue> value(std::string_view key) const = 0;
};

/// A mistake has key "where" and a text that quotes the place; `at` is its byte offset.
struct QueryMistake {
    std::size_t at = 0;
    std::string text;
};

class Query {
public:
    /// Empty text matches everything. On mistakes the query is empty.
    static std::variant<Query, QueryMistake> parse(std::string_view text, std::int64_t nowUs);
    Query();
    bool matches(const QuerySubject& subject) const;
    bool matchesEverything() const;
    bool mentions(std::string_view key) const;   ///< e.g. "archived"

    struct Node;

private:
    std::shared_ptr<const Node> m_root;
};

/// The mistake as a problem that names the place: what the command line prints and the filter box shows.
base::Problem toProblem(const QueryMistake& mistake, std::string_view text);

/// The canonical name of a field, setting or alias; nothing when a query cannot name it.
std::optional<std::string> queryKey(std::string_view key);

/// Keys a query may name: fields of a run first, then all settings. For completion.
std::vector<std::string> queryKeys();

}  // namespace moescope::storage
