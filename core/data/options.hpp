// Options: reads a domain's own settings, says what is wrong with them, and remembers what they came out as.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::data {

/// Each call asks for one option; a wrong value is a problem under "<prefix>.<name>" and gives the default. What was
/// never asked for is unknown. Thread: one.
class Options {
public:
    Options(const config::Values &values, std::string prefix, base::Problems &problems)
        : m_values(values), m_prefix(std::move(prefix)), m_problems(problems) {}

    std::int64_t integer(std::string_view name, std::int64_t standard, std::int64_t minimum, std::int64_t maximum);
    double number(std::string_view name, double standard, double minimum, double maximum);
    std::string text(std::string_view name, std::string_view standard);
    std::string choice(std::string_view name, std::string_view standard,
                       std::initializer_list<std::string_view> choices);
    /// A named alphabet or its letters: at least `fewest`, none twice, no white space, none of `reserved`.
    std::u32string alphabet(std::string_view name, std::string_view standard, std::size_t fewest,
                            std::u32string_view reserved = {});

    /// What stands between words and what ends a sentence: two different characters, blanks allowed.
    std::u32string marks(std::string_view name, std::string_view standard);

    void problem(std::string_view name, std::string text);
    /// Problems for options that no call asked for.
    void refuseUnknown(std::string_view family);
    bool failed() const { return m_failed; }
    /// "name=value;" for each option asked for, defaults included: the identity of the domain.
    const std::string &resolved() const { return m_resolved; }

private:
    const config::Value *find(std::string_view name);
    void remember(std::string_view name, std::string_view value);

    const config::Values &m_values;
    std::string m_prefix;
    base::Problems &m_problems;
    std::vector<std::string> m_asked;
    std::string m_resolved;
    bool m_failed = false;
};

}  // namespace moescope::data
