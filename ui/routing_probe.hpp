// From a probe snapshot to what the Routing page shows: tokens, one token's card, matrices, flows, churn. Pure: no widget, no file.
#pragma once

#include <QStringList>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/telemetry/specialisation.hpp"
#include "plots/chart_data.hpp"
#include "plots/number_grid.hpp"
#include "plots/token_text.hpp"

namespace moescope::ui {

/// A snapshot and what was computed from it, once, off the GUI thread.
struct RoutingSnapshot {
    telemetry::ProbeSnapshot probe;
    std::vector<telemetry::Specialisation> layers;  ///< [moeLayer]
    std::optional<telemetry::PlaneSnapshot> plane = {};  ///< of a mixture on the plane, where it is stored
};
using RoutingSnapshotPtr = std::shared_ptr<const RoutingSnapshot>;

/// One sequence of the probe as one text: tokens from .. from + count - 1.
struct ProbeSequence {
    int from = 0, count = 0, domain = -1;
};
/// The first sequence of each domain, then the second of each, ...: one screen shows every domain.
std::vector<ProbeSequence> sequencesOf(const telemetry::ProbeSnapshot& probe);

/// The tokens of a sequence as the experts of one MoE layer saw them; dropped = no choice was kept.
std::vector<plots::Token> sequenceTokens(const telemetry::ProbeSnapshot& probe, const ProbeSequence& sequence, int moeLayer);
/// Which marks of the token text a probe has in any layer: a key names no other.
struct TokenMarks {
    bool tint = false;       ///< first choices have different combine weights
    bool second = false;     ///< a token has a second expert
    bool dropped = false;    ///< a token lost all its choices to capacity
    bool unrouted = false;   ///< a token no expert chose or was chosen by
    bool operator==(const TokenMarks&) const = default;
};
TokenMarks tokenMarks(const telemetry::ProbeSnapshot& probe);
/// Experts by how many tokens of the layer chose them first, most first, at most `count`.
std::vector<int> busiestOfProbe(const telemetry::ProbeSnapshot& probe, int moeLayer, int count);

struct TokenChoice {
    int expert = -1;
    double weight = 0;      ///< combine weight
    bool kept = true;       ///< false: over capacity
    bool operator==(const TokenChoice&) const = default;
};
struct TokenDetail {
    int token = -1, position = 0, domain = -1, experts = 0;
    QString text;
    double loss = telemetry::kNone;                  ///< nats of predicting the next token; NaN for the last of a sequence
    std::vector<TokenChoice> choices;                ///< of the shown layer, first choice first
    std::vector<double> logits;                      ///< [expert]; empty where the router computes none
    std::vector<std::vector<TokenChoice>> path;      ///< [moeLayer]
    std::vector<int> layerNames;                     ///< [moeLayer] model layer
};
TokenDetail tokenDetail(const telemetry::ProbeSnapshot& probe, int moeLayer, int token);

/// [domain][expert]: share of the domain's tokens whose choices contain the expert.
plots::GridData shareGrid(const telemetry::Specialisation& found, const QStringList& domains);
/// [expert][expert] for k >= 2: of the tokens that chose the row, the share that also chose the column; diagonal never measured.
plots::GridData conditionalGrid(const telemetry::ProbeSnapshot& probe, int moeLayer);
/// [expert][expert]: co-activation over independence, as core/telemetry/specialisation computes it; diagonal never measured.
plots::GridData liftGrid(const telemetry::Specialisation& found);

/// A token text that an expert takes more often than chance: of first choices.
struct VocabularyRow {
    int expert = -1;
    QString text;
    int count = 0;           ///< of its occurrences, taken by the expert
    double share = 0;        ///< of the expert's tokens
    double lift = 0;         ///< that share over the token's share of the whole probe
};
/// For each expert its `top` tokens by count * log(lift), lift > 1 and at least `least` occurrences.
std::vector<VocabularyRow> vocabularyLift(const telemetry::ProbeSnapshot& probe, int moeLayer, int top, int least = 3);

/// What an expert's tokens have in common, in a word or two: "digits", "Greek letters", "brackets"; empty when no kind has most of their
/// occurrences. A guess from the alphabet alone, and to be shown as one.
QString guessedName(const std::vector<VocabularyRow>& rows, int expert);

/// [domain][expert]: of the domain's choices of the expert, those that found no room; NaN where it was never chosen. No rows where the
/// snapshot has no domains or nothing was dropped.
plots::GridData dropGrid(const telemetry::ProbeSnapshot& probe, int moeLayer, const QStringList& domains);

/// Tokens whose first choices are `from` in a MoE layer and `to` in the next.
struct Flow {
    int layer = 0, from = 0, to = 0, count = 0;
    double share = 0;        ///< of all tokens
    double lift = 0;         ///< over independence of the two layers
};
/// All flows from `moeLayer` to the next MoE layer, largest first.
std::vector<Flow> flowsOf(const telemetry::ProbeSnapshot& probe, int moeLayer);

/// The first choices of a snapshot, all that churn needs.
struct FirstChoices {
    std::int64_t step = 0;
    std::vector<std::int32_t> tokenIds;
    std::vector<std::vector<std::int16_t>> experts;  ///< [moeLayer][token]
};
FirstChoices firstChoicesOf(const telemetry::ProbeSnapshot& probe);
/// Share of tokens with the same first choice in both; NaN where the snapshots hold other tokens.
double agreement(const FirstChoices& a, const FirstChoices& b, int moeLayer);

/// "E3"
QString expertName(int expert);
/// As a person reads a token in a table: space and line break as signs.
QString tokenWord(const QString& text);

}  // namespace moescope::ui
