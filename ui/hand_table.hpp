// HandTable: a router by hand as plain values: its settings, the logits as they were typed, and the JSON of the engine's `route`.
#pragma once

#include <QString>
#include <QStringList>

#include <optional>
#include <string>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::ui {

/// What a person can change. At most kMostHandRows tokens and experts; the engine itself takes far more.
inline constexpr int kMostHandRows = 64;

struct HandTable {
    config::RunConfig config;          ///< router, capacity, balance, experts and k; the rest does not matter
    std::string preset;                ///< id of the router preset it started from; empty = the defaults
    std::vector<QStringList> cells;    ///< [token][expert] as typed
    bool training = true;              ///< noise and the capacity of training, or those of evaluation
    std::int64_t draw = 0;             ///< seed of the noise
    bool taskPull = false;             ///< a task that wants more weight on each token's first choice: d loss / d weight = -1
    int tokens() const { return static_cast<int>(cells.size()); }
    int experts() const { return cells.empty() ? 0 : static_cast<int>(cells.front().size()); }
    bool operator==(const HandTable&) const = default;
};

/// Mixtral's router over eight experts and four tokens.
HandTable firstHandTable();
/// Puts a preset's router in place of the settings; the table gets as many experts as it needs, kept cells stay.
base::Problems applyHandPreset(HandTable& table, const std::string& preset);
/// A table of logits says all that the preset's router asks for: not so with selectors in place of experts, experts that are no
/// networks, or losses by domain.
bool fitsHandTable(const std::string& preset);
/// New rows and columns hold 0.
void resizeHandTable(HandTable& table, int tokens, int experts);

/// A number as people write it: true minus, decimal comma, blanks around it. Nothing where it is not finite in float32.
std::optional<double> handNumber(const QString& text);
struct BadCell {
    int token = 0, expert = 0;
    QString sentence;                  ///< "token 1, E2: \"abc\" is no number; ..."
};
std::vector<BadCell> badCells(const HandTable& table);
/// Problems of the settings that can be said without the engine; {key, text}.
base::Problems handProblems(const HandTable& table);

/// The input of `route` on one line. The table must have no bad cell.
std::string handJson(const HandTable& table);
/// The same the other way round, as far as the window shows it; what it does not (features, several layers) is a problem.
base::Problems readHandJson(HandTable& table, std::string_view json);
/// Cells of a spreadsheet or of text (tabs, semicolons, blanks or commas between numbers) put in from (token, expert) on; the
/// table grows. Returns why not, or an empty text.
QString pasteCells(HandTable& table, const QString& text, int token, int expert);

/// A ready example that shows one thing.
struct HandLesson {
    const char *id, *title, *text, *json;
};
const std::vector<HandLesson>& handLessons();

/// What `route` answers; vectors as its JSON.
struct HandAnswer {
    std::vector<std::vector<int>> experts, positions;      ///< [token][slot]
    std::vector<std::vector<double>> weights, gradient;    ///< [token][slot], [token][expert] (empty without logits)
    std::vector<std::vector<bool>> kept;
    std::vector<double> load, importance;                  ///< [expert]
    int dropped = 0, capacity = 0;                         ///< capacity 0 = no limit
    struct Loss {
        std::string name;
        double value = 0;
    };
    std::vector<Loss> losses;                              ///< unweighted
    double totalAuxiliary = 0, effectiveExperts = 0;
    int slotOf(int token, int expert) const;               ///< -1 where not chosen
};
struct HandReply {
    std::optional<HandAnswer> answer;
    base::Problems problems;           ///< the settings do not fit
    QString error;                     ///< a sentence: the input or the engine failed
};
HandReply readHandReply(const std::string& line);

/// "E Σ f P": how the loss `name` of this table is computed, and its value at perfect balance.
struct LossWords {
    QString title, formula, fair;
    double coefficient = 0;
};
LossWords lossWords(const HandTable& table, const std::string& name);

}  // namespace moescope::ui
