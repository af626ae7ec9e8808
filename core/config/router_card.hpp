// The card of a router preset: what it computes stage by stage, formulas in plain text, marks, and presets alike.
//
// Derived from the preset's own settings, so it cannot say anything but what would be trained. Symbols: x a token's features, z logits,
// p = softmax(z), s = sigmoid(z), b an offset of the choice, w combine weights, T tokens, E experts, k experts per token, C room,
// f_e share of the choices that fall on expert e, P_e mean probability of e. Pure functions; reading the presets can throw base::Error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/presets.hpp"
#include "core/config/run_config.hpp"

namespace moescope::config {

/// One box of the picture of a router.
struct CardStage {
    std::string id;        ///< "score", "noise", "choice" ...: the settings' stage
    std::string title;     ///< "Score"
    std::string word;      ///< what stands in the box: "softmax over all"
    std::string formula;   ///< one line of plain text; empty where a formula would say nothing
    std::string sentence;  ///< the same for a learner
    std::vector<std::string> settings;  ///< "router.score = softmax_all"
    bool operator==(const CardStage&) const = default;
};

struct RouterCard {
    Preset preset;
    std::int64_t experts = 0, topK = 0;  ///< trained by itself, after granularity, and how many work on a token; 0 experts = dense
    std::vector<CardStage> stages;       ///< only those that do something, in the order of the computation
    std::vector<std::string> marks;      ///< "needs token ids: ...", "not causal / batch-coupled: ..."
    std::vector<std::string> alike;      ///< other router presets with the same stages, whatever their numbers
    std::vector<std::string> usedBy;     ///< run presets that train with these stages
};

/// The stages of a configuration; none of a dense one, unless it has a teacher.
std::vector<CardStage> routerStages(const RunConfig& config);
/// What a person must know before using it; none of most.
std::vector<std::string> routerMarks(const RunConfig& config);
/// The cards of all router presets, in the order of listPresets().
std::vector<RouterCard> listRouterCards();

/// What a word of a setting means on a card.
struct RouterWord {
    std::string_view key, word;   ///< "router.score", "softmax_all"
    std::string_view title, formula, sentence;
};
/// The line of a word, or nullptr where the word stands for "nothing happens" or is not known.
const RouterWord* routerWord(std::string_view key, std::string_view word);

}  // namespace moescope::config
