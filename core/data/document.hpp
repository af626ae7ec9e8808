// Document: a generated text with a label for every character, made of whole units.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/labels.hpp"

namespace moescope::data {

/// A unit is one equation, bracket word, sentence, line ...; `units[i]` is where unit i ends (exclusive).
struct Document {
    std::u32string text;
    std::vector<Label> labels;
    std::vector<std::size_t> units;

    void put(char32_t character, Kind kind, bool predictable) {
        const std::size_t begin = units.empty() ? 0 : units.back();
        labels.push_back({kind, static_cast<std::int32_t>(text.size() - begin), predictable});
        text.push_back(character);
    }
    void put(std::string_view ascii, Kind kind, bool predictable) {
        for (const char character : ascii)
            put(static_cast<char32_t>(character), kind, predictable);
    }
    void endUnit() { units.push_back(text.size()); }
    bool operator==(const Document &) const = default;
};

}  // namespace moescope::data
