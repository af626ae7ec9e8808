// Fuzzy search: how well typed letters fit a line of text.
#pragma once

#include <QStringView>

#include <optional>

namespace moescope::ui {

/// Pure. Every word of the pattern must occur in the text as a subsequence of letters, in any order of the words, case ignored.
/// Higher is better: letters in a row and at the starts of words count more, long texts a little less. Nothing = no match;
/// an empty pattern fits everything with 0.
std::optional<int> fuzzyScore(QStringView pattern, QStringView text);

}  // namespace moescope::ui
