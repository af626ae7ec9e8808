// Scores each word greedily from its best start.
#include "ui/fuzzy.hpp"

#include <QList>
#include <QString>

#include <algorithm>

namespace moescope::ui {
namespace {

constexpr int kLetter = 1, kInRow = 5, kWordStart = 8, kTextStart = 6, kWhole = 12;

bool startsWord(QStringView text, qsizetype at) { return at == 0 || !text[at - 1].isLetterOrNumber(); }

/// The word's letters from `from` on, each at its next place.
std::optional<int> scoreFrom(QStringView word, QStringView text, qsizetype from) {
    int score = 0;
    qsizetype before = -2, at = from;
    for (const QChar letter : word) {
        while (at < text.size() && text[at].toCaseFolded() != letter.toCaseFolded()) ++at;
        if (at == text.size()) return {};
        score += kLetter + (at == before + 1 ? kInRow : 0) + (startsWord(text, at) ? kWordStart : 0) + (at == 0 ? kTextStart : 0);
        before = at++;
    }
    const bool together = before - from + 1 == word.size();
    return score + (together && startsWord(text, from) && (before + 1 == text.size() || !text[before + 1].isLetterOrNumber()) ? kWhole : 0);
}

std::optional<int> scoreWord(QStringView word, QStringView text) {
    std::optional<int> best;
    for (qsizetype from = 0; from + word.size() <= text.size(); ++from) {
        if (text[from].toCaseFolded() != word.front().toCaseFolded()) continue;
        if (const auto score = scoreFrom(word, text, from); score && (!best || *score > *best)) best = score;
    }
    return best;
}

}  // namespace

std::optional<int> fuzzyScore(QStringView pattern, QStringView text) {
    int sum = 0;
    for (const QStringView word : pattern.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const auto score = scoreWord(word, text);
        if (!score) return {};
        sum += *score;
    }
    return sum == 0 ? 0 : std::max(1, sum * 4 - static_cast<int>(std::min<qsizetype>(text.size(), 80)) / 4);
}

}  // namespace moescope::ui
