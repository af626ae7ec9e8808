// Counts over the tokens of a snapshot.
#include "ui/routing_probe.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

namespace moescope::ui {
namespace {

using telemetry::kNone;
using telemetry::ProbeSnapshot;

QString words(const char* text) { return QCoreApplication::translate("Routing", text); }

std::size_t slotAt(const ProbeSnapshot& p, int layer, int token, int slot) {
    return (static_cast<std::size_t>(layer) * static_cast<std::size_t>(p.tokens) + static_cast<std::size_t>(token)) * static_cast<std::size_t>(p.slotsPerToken) + static_cast<std::size_t>(slot);
}

int firstOf(const ProbeSnapshot& p, int layer, int token) { return p.slotsPerToken > 0 ? p.expertIds[slotAt(p, layer, token, 0)] : -1; }

constexpr double kMostOf = 0.6;  // of the occurrences, for a kind of character to give an expert its name

/// The kind of a token that is one character, in a word; empty for others.
QString kindOf(const QString& text) {
    if (text.isEmpty() || text.toUcs4().size() != 1) return {};
    const char32_t c = text.toUcs4().front();
    if (QChar::isDigit(c)) return words("digits");
    if (QChar::isSpace(c)) return words("blanks");
    if (QChar::category(c) == QChar::Punctuation_Open || QChar::category(c) == QChar::Punctuation_Close || c == '<' || c == '>') return words("brackets");
    if (!QChar::isLetter(c)) return words("signs");
    switch (QChar::script(c)) {
        case QChar::Script_Latin: return QChar::isUpper(c) ? words("capitals") : words("Latin letters");
        case QChar::Script_Greek: return words("Greek letters");
        case QChar::Script_Cyrillic: return words("Cyrillic letters");
        case QChar::Script_Hebrew: return words("Hebrew letters");
        case QChar::Script_Hiragana:
        case QChar::Script_Katakana: return words("kana");
        case QChar::Script_Han: return words("Han characters");
        default: return words("letters");
    }
}

constexpr double kSameTint = 0.01;  // weights nearer than this have one tint to the eye

std::vector<TokenChoice> choicesOf(const ProbeSnapshot& p, int layer, int token) {
    std::vector<TokenChoice> choices;
    for (int slot = 0; slot < p.slotsPerToken; ++slot) {
        const std::size_t at = slotAt(p, layer, token, slot);
        if (p.expertIds[at] >= 0) choices.push_back({p.expertIds[at], p.weights[at], p.kept[at] != 0});
    }
    return choices;
}

QStringList expertNames(int experts) {
    QStringList names;
    for (int e = 0; e < experts; ++e) names << expertName(e);
    return names;
}

plots::GridData expertGrid(int experts, const QString& title) {
    plots::GridData grid;
    grid.title = title;
    grid.rowTitle = words("expert");
    grid.rows = grid.columns = expertNames(experts);
    grid.experts = experts;
    grid.expertRows = true;
    grid.values.assign(static_cast<std::size_t>(experts) * static_cast<std::size_t>(experts), kNone);
    return grid;
}

double& cellOf(plots::GridData& grid, int row, int column) { return grid.values[static_cast<std::size_t>(row) * static_cast<std::size_t>(grid.columns.size()) + static_cast<std::size_t>(column)]; }

}  // namespace

QString expertName(int expert) { return QStringLiteral("E%1").arg(expert); }

QString tokenWord(const QString& text) {
    QString word;
    for (const QChar c : text) {
        if (c == QLatin1Char(' ')) word += QChar(0x2423);
        else if (c == QLatin1Char('\n') || c == QLatin1Char('\r')) word += QChar(0x21B5);
        else if (c == QLatin1Char('\t')) word += QChar(0x2192);
        else word += c.category() == QChar::Other_Control || c.category() == QChar::Other_Format ? QChar(0x00B7) : c;
    }
    return word;
}

std::vector<ProbeSequence> sequencesOf(const ProbeSnapshot& probe) {
    std::vector<ProbeSequence> sequences;
    std::vector<int> turns;
    std::map<int, int> seen;
    const int length = std::max(1, probe.sequenceLength);
    for (int from = 0; from < probe.tokens; from += length) {
        const int domain = probe.domains.empty() ? -1 : probe.domains[static_cast<std::size_t>(from)];
        sequences.push_back({from, std::min(length, probe.tokens - from), domain});
        turns.push_back(seen[domain]++);
    }
    std::vector<std::size_t> order(sequences.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return std::pair(turns[a], sequences[a].domain) < std::pair(turns[b], sequences[b].domain); });
    std::vector<ProbeSequence> sorted;
    for (const std::size_t at : order) sorted.push_back(sequences[at]);
    return sorted;
}

std::vector<plots::Token> sequenceTokens(const ProbeSnapshot& probe, const ProbeSequence& sequence, int moeLayer) {
    std::vector<plots::Token> tokens;
    for (int i = sequence.from; i < sequence.from + sequence.count; ++i) {
        plots::Token token;
        token.text = QString::fromStdString(probe.tokenTexts[static_cast<std::size_t>(i)]);
        const std::vector<TokenChoice> choices = choicesOf(probe, moeLayer, i);
        if (!choices.empty()) {
            token.expert = choices[0].expert;
            token.weight = static_cast<float>(choices[0].weight);
            token.dropped = std::ranges::none_of(choices, &TokenChoice::kept);
        }
        if (choices.size() > 1) token.second = choices[1].expert;
        tokens.push_back(std::move(token));
    }
    return tokens;
}

TokenMarks tokenMarks(const ProbeSnapshot& probe) {
    TokenMarks marks;
    std::optional<double> weight;
    for (int layer = 0; layer < probe.layers; ++layer)
        for (int t = 0; t < probe.tokens; ++t) {
            const std::vector<TokenChoice> choices = choicesOf(probe, layer, t);
            marks.unrouted |= choices.empty();
            if (choices.empty()) continue;
            if (!weight) weight = choices[0].weight;
            marks.tint |= std::abs(choices[0].weight - *weight) > kSameTint;
            marks.second |= choices.size() > 1;
            marks.dropped |= std::ranges::none_of(choices, &TokenChoice::kept);
        }
    return marks;
}

std::vector<int> busiestOfProbe(const ProbeSnapshot& probe, int moeLayer, int count) {
    std::vector<std::pair<int, int>> chosen;
    for (int e = 0; e < probe.experts; ++e) chosen.emplace_back(0, e);
    for (int t = 0; t < probe.tokens; ++t)
        if (const int e = firstOf(probe, moeLayer, t); e >= 0) --chosen[static_cast<std::size_t>(e)].first;
    std::ranges::sort(chosen);
    std::vector<int> experts;
    for (const auto& [less, expert] : chosen)
        if (less < 0 && static_cast<int>(experts.size()) < count) experts.push_back(expert);
    return experts;
}

TokenDetail tokenDetail(const ProbeSnapshot& probe, int moeLayer, int token) {
    TokenDetail detail;
    const auto at = static_cast<std::size_t>(token);
    detail.token = token;
    detail.position = token % std::max(1, probe.sequenceLength);
    detail.domain = at < probe.domains.size() ? probe.domains[at] : -1;
    detail.experts = probe.experts;
    detail.text = QString::fromStdString(probe.tokenTexts[at]);
    if (at < probe.losses.size()) detail.loss = probe.losses[at];
    detail.choices = choicesOf(probe, moeLayer, token);
    const auto experts = static_cast<std::size_t>(probe.experts), begin = (static_cast<std::size_t>(moeLayer) * static_cast<std::size_t>(probe.tokens) + at) * experts;
    if (begin + experts <= probe.logits.size()) detail.logits.assign(probe.logits.begin() + static_cast<std::ptrdiff_t>(begin), probe.logits.begin() + static_cast<std::ptrdiff_t>(begin + experts));
    if (std::ranges::all_of(detail.logits, [](double z) { return z == 0; })) detail.logits.clear();  // a router without logits stores zeros
    for (int layer = 0; layer < probe.layers; ++layer) detail.path.push_back(choicesOf(probe, layer, token));
    detail.layerNames.assign(probe.moeLayerIndex.begin(), probe.moeLayerIndex.end());
    return detail;
}

plots::GridData shareGrid(const telemetry::Specialisation& found, const QStringList& domains) {
    plots::GridData grid;
    grid.title = words("Share of each domain's tokens that chose the expert");
    grid.rowTitle = words("domain");
    grid.rows = domains;
    grid.experts = found.share.empty() ? 0 : static_cast<int>(found.share[0].size());
    grid.columns = expertNames(grid.experts);
    grid.percent = true;
    for (const auto& row : found.share) grid.values.insert(grid.values.end(), row.begin(), row.end());
    return grid;
}

plots::GridData conditionalGrid(const ProbeSnapshot& probe, int moeLayer) {
    plots::GridData grid = expertGrid(probe.experts, words("Of the tokens of the row's expert, the share that also chose the column's"));
    grid.percent = true;
    const auto experts = static_cast<std::size_t>(probe.experts);
    std::vector<std::vector<int>> pairs(experts, std::vector<int>(experts));
    for (int t = 0; t < probe.tokens; ++t) {
        const std::vector<TokenChoice> choices = choicesOf(probe, moeLayer, t);
        for (const TokenChoice& a : choices)
            for (const TokenChoice& b : choices) ++pairs[static_cast<std::size_t>(a.expert)][static_cast<std::size_t>(b.expert)];
    }
    for (std::size_t i = 0; i < experts; ++i)
        for (std::size_t j = 0; j < experts; ++j)
            if (i != j && pairs[i][i] > 0) cellOf(grid, static_cast<int>(i), static_cast<int>(j)) = static_cast<double>(pairs[i][j]) / pairs[i][i];
    return grid;
}

plots::GridData liftGrid(const telemetry::Specialisation& found) {
    const int experts = static_cast<int>(found.coactivationLift.size());
    plots::GridData grid = expertGrid(experts, words("Co-activation over what independent choices would give"));
    grid.scale = plots::GridScale::Ratio;
    for (int i = 0; i < experts; ++i)
        for (int j = 0; j < experts; ++j)
            if (i != j) cellOf(grid, i, j) = found.coactivationLift[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    return grid;
}

std::vector<VocabularyRow> vocabularyLift(const ProbeSnapshot& probe, int moeLayer, int top, int least) {
    if (probe.tokenIds.empty()) return {};  // points of a plane
    std::map<int, int> whole, sampleOf;
    std::map<int, std::map<int, int>> taken;  // expert -> token id -> count
    std::map<int, int> size;
    int routed = 0;
    for (int t = 0; t < probe.tokens; ++t) {
        const int expert = firstOf(probe, moeLayer, t), id = probe.tokenIds[static_cast<std::size_t>(t)];
        if (expert < 0) continue;
        ++whole[id];
        sampleOf.emplace(id, t);
        ++taken[expert][id];
        ++size[expert];
        ++routed;
    }
    std::vector<VocabularyRow> rows;
    for (const auto& [expert, counts] : taken) {
        std::vector<VocabularyRow> own;
        for (const auto& [id, count] : counts) {
            const double share = static_cast<double>(count) / size[expert], lift = share * routed / whole[id];
            if (count >= least && lift > 1) own.push_back({expert, QString::fromStdString(probe.tokenTexts[static_cast<std::size_t>(sampleOf[id])]), count, share, lift});
        }
        std::ranges::stable_sort(own, std::greater(), [](const VocabularyRow& row) { return row.count * std::log(row.lift); });
        own.resize(std::min(own.size(), static_cast<std::size_t>(top)));
        rows.insert(rows.end(), own.begin(), own.end());
    }
    return rows;
}

QString guessedName(const std::vector<VocabularyRow>& rows, int expert) {
    std::map<QString, int> counts;
    int all = 0;
    for (const VocabularyRow& row : rows) {
        if (row.expert != expert) continue;
        all += row.count;
        counts[kindOf(row.text)] += row.count;
    }
    for (const auto& [kind, count] : counts)
        if (!kind.isEmpty() && count >= kMostOf * all) return kind;
    return {};
}

plots::GridData dropGrid(const ProbeSnapshot& probe, int moeLayer, const QStringList& domains) {
    plots::GridData grid;
    grid.title = words("Of the domain's choices of the expert, the share that found no room");
    grid.rowTitle = words("domain");
    grid.columns = expertNames(probe.experts);
    grid.experts = probe.experts;
    grid.percent = true;
    if (probe.domains.empty() || std::ranges::find(probe.kept, 0) == probe.kept.end()) return grid;
    const auto width = static_cast<std::size_t>(probe.experts);
    std::vector<double> chosen(static_cast<std::size_t>(domains.size()) * width), dropped(chosen);
    for (int t = 0; t < probe.tokens; ++t)
        for (const TokenChoice& choice : choicesOf(probe, moeLayer, t)) {
            const std::size_t cell = static_cast<std::size_t>(probe.domains[static_cast<std::size_t>(t)]) * width + static_cast<std::size_t>(choice.expert);
            if (cell >= chosen.size()) continue;
            ++chosen[cell];
            dropped[cell] += !choice.kept;
        }
    if (std::ranges::all_of(dropped, [](double count) { return count == 0; })) return grid;
    grid.rows = domains;
    for (std::size_t i = 0; i < chosen.size(); ++i) grid.values.push_back(chosen[i] > 0 ? dropped[i] / chosen[i] : kNone);
    return grid;
}

std::vector<Flow> flowsOf(const ProbeSnapshot& probe, int moeLayer) {
    std::map<std::pair<int, int>, int> pairs;
    std::map<int, int> left, right;
    int total = 0;
    if (moeLayer + 1 >= probe.layers) return {};
    for (int t = 0; t < probe.tokens; ++t) {
        const int from = firstOf(probe, moeLayer, t), to = firstOf(probe, moeLayer + 1, t);
        if (from < 0 || to < 0) continue;
        ++pairs[{from, to}];
        ++left[from];
        ++right[to];
        ++total;
    }
    std::vector<Flow> flows;
    for (const auto& [ends, count] : pairs) {
        const double expected = static_cast<double>(left[ends.first]) * right[ends.second] / total;
        flows.push_back({moeLayer, ends.first, ends.second, count, static_cast<double>(count) / total, count / expected});
    }
    std::ranges::stable_sort(flows, std::greater(), &Flow::count);
    return flows;
}

FirstChoices firstChoicesOf(const ProbeSnapshot& probe) {
    FirstChoices first{probe.step, probe.tokenIds, {}};
    for (int layer = 0; layer < probe.layers; ++layer) {
        first.experts.emplace_back();
        for (int t = 0; t < probe.tokens; ++t) first.experts.back().push_back(static_cast<std::int16_t>(firstOf(probe, layer, t)));
    }
    return first;
}

double agreement(const FirstChoices& a, const FirstChoices& b, int moeLayer) {
    const auto layer = static_cast<std::size_t>(moeLayer);
    if (a.tokenIds != b.tokenIds || layer >= a.experts.size() || layer >= b.experts.size()) return kNone;
    const std::size_t tokens = a.experts[layer].size();
    if (tokens == 0 || tokens != b.experts[layer].size()) return kNone;
    int same = 0;
    for (std::size_t t = 0; t < tokens; ++t) same += a.experts[layer][t] == b.experts[layer][t];
    return static_cast<double>(same) / static_cast<double>(tokens);
}

}  // namespace moescope::ui
