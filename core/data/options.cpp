// How values are read and what is said of wrong ones.
#include "core/data/options.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/base/utf8.hpp"
#include "core/data/alphabet.hpp"

namespace moescope::data {

namespace {

bool isWhole(double value) { return std::isfinite(value) && value == std::floor(value) && std::fabs(value) < 1e15; }

bool isSpaceOrControl(char32_t letter) {
    return letter <= 0x20 || (letter >= 0x7f && letter <= 0xa0) || letter == 0xFFFD || letter == 0x3000 ||
           (letter >= 0x2000 && letter <= 0x200f) || (letter >= 0x2028 && letter <= 0x202f) || letter == 0xFEFF;
}

std::string quoted(char32_t letter) {
    std::string text = "'";
    base::appendUtf8(text, letter);
    return base::printable(text + "'");
}

/// Empty, or what is wrong with the letters.
std::string complaint(const std::u32string &letters, std::size_t fewest, std::u32string_view reserved) {
    if (letters.size() < fewest)
        return fmt::format("An alphabet needs at least {} letters here; it has {}.", fewest, letters.size());
    if (letters.size() > 500)
        return fmt::format("An alphabet may have at most 500 letters; it has {}.", letters.size());
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (isSpaceOrControl(letters[i])) return "White space, control characters and broken UTF-8 cannot be letters.";
        if (reserved.find(letters[i]) != std::u32string_view::npos)
            return fmt::format("The character {} has a meaning of its own in this family and cannot be a letter.",
                               quoted(letters[i]));
        if (letters.find(letters[i], i + 1) != std::u32string::npos)
            return fmt::format("The letter {} occurs twice. Give each letter once, or one of the names {}.",
                               quoted(letters[i]), fmt::join(alphabetNames(), ", "));
    }
    return {};
}

}  // namespace

const config::Value *Options::find(std::string_view name) {
    m_asked.emplace_back(name);
    const auto found = m_values.find(std::string(name));
    return found == m_values.end() ? nullptr : &found->second;
}

void Options::remember(std::string_view name, std::string_view value) {
    m_resolved += fmt::format("{}={};", name, value);
}

void Options::problem(std::string_view name, std::string text) {
    m_failed = true;
    m_problems.push_back({m_prefix + "." + std::string(name), std::move(text)});
}

std::int64_t Options::integer(std::string_view name, std::int64_t standard, std::int64_t minimum,
                              std::int64_t maximum) {
    std::int64_t result = standard;
    if (const config::Value *value = find(name)) {
        const auto *whole = std::get_if<std::int64_t>(value);
        const auto *real = std::get_if<double>(value);
        const bool fits = whole != nullptr || (real != nullptr && isWhole(*real));
        if (fits) result = whole != nullptr ? *whole : static_cast<std::int64_t>(*real);
        if (!fits || result < minimum || result > maximum) {
            problem(name, fmt::format("{} must be a whole number from {} to {}.", name, minimum, maximum));
            result = standard;
        }
    }
    remember(name, base::toText(result));
    return result;
}

double Options::number(std::string_view name, double standard, double minimum, double maximum) {
    double result = standard;
    if (const config::Value *value = find(name)) {
        const auto *whole = std::get_if<std::int64_t>(value);
        const auto *real = std::get_if<double>(value);
        if (whole != nullptr) result = static_cast<double>(*whole);
        if (real != nullptr) result = *real;
        if ((whole == nullptr && real == nullptr) || !(result >= minimum && result <= maximum)) {
            problem(name, fmt::format("{} must be a number from {} to {}.", name, base::toText(minimum),
                                      base::toText(maximum)));
            result = standard;
        }
    }
    remember(name, base::toText(result));
    return result;
}

std::string Options::text(std::string_view name, std::string_view standard) {
    std::string result(standard);
    if (const config::Value *value = find(name)) {
        if (const auto *given = std::get_if<std::string>(value))
            result = *given;
        else
            problem(name, fmt::format("{} must be text.", name));
    }
    remember(name, result);
    return result;
}

std::string Options::choice(std::string_view name, std::string_view standard,
                            std::initializer_list<std::string_view> choices) {
    std::string result = text(name, standard);
    if (std::find(choices.begin(), choices.end(), result) != choices.end()) return result;
    problem(name,
            fmt::format("{} must be one of {}; it is '{}'.", name, fmt::join(choices, ", "), base::printable(result)));
    return std::string(standard);
}

std::u32string Options::alphabet(std::string_view name, std::string_view standard, std::size_t fewest,
                                 std::u32string_view reserved) {
    const std::u32string letters = alphabetLetters(text(name, standard));
    const std::string wrong = complaint(letters, fewest, reserved);
    if (wrong.empty()) return letters;
    problem(name, wrong);
    return alphabetLetters(standard);
}

void Options::refuseUnknown(std::string_view family) {
    for (const auto &[name, value] : m_values) {
        if (std::find(m_asked.begin(), m_asked.end(), name) != m_asked.end()) continue;
        const std::string known = m_asked.empty() ? "none" : fmt::format("{}", fmt::join(m_asked, ", "));
        problem(name,
                fmt::format("The family {} has no option '{}'; it has: {}.", family, base::printable(name), known));
    }
}

std::u32string Options::marks(std::string_view name, std::string_view standard) {
    const std::u32string found = codePoints(text(name, standard));
    const auto odd = [](char32_t mark) { return mark != U' ' && isSpaceOrControl(mark); };
    if (found.size() == 2 && found[0] != found[1] && std::none_of(found.begin(), found.end(), odd)) return found;
    problem(name, "Give two different characters: what stands between words and what ends a sentence, for example \" .\".");
    return codePoints(standard);
}

}  // namespace moescope::data
