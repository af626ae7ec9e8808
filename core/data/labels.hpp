// Labels: what each generated character is, the ground truth that specialisation is measured against.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace moescope::data {

/// Sub-kind of a character. The numbers are stored with runs: append, never renumber.
enum class Kind : std::int16_t {
    digit,
    operation,
    answerDigit,
    open,
    close,
    keyHalf,
    copyHalf,
    wordStart,
    wordInside,
    suffix,
    space,
    separator,
    end,
    key,
    value,
    query,
    answer,
    keyword,
    identifier,
    number,
    text,
    punctuation,
    datePart,
    unitName,
    element,
    noise,
    count,
};

/// Names for people, indexed by Kind.
const std::vector<std::string> &kindNames();

struct Label {
    Kind kind = Kind::noise;
    std::int32_t position = 0;  ///< characters since the unit began
    bool predictable = false;   ///< the document's past leaves one possible character
    bool operator==(const Label &) const = default;
};

}  // namespace moescope::data
