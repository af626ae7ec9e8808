// Values of runs by the keys of the query language, and how people read them.
#pragma once

#include <QString>

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/catalog_row.hpp"

namespace moescope::ui {

using RunValue = std::optional<storage::QueryValue>;   ///< nothing: the run has no such value

/// Remembers each run's settings, which never change. GUI thread.
class RunKeys {
public:
    RunValue value(const storage::RunRow& row, const std::string& key);
    const storage::FlatConfig& settings(const storage::RunRow& row);

private:
    std::unordered_map<std::string, storage::FlatConfig> m_settings;   ///< by ULID
};

/// "on", "0.003", "a, b"; a dash for nothing; long texts are cut.
QString valueText(const RunValue& value);
/// The same in the unit of a known field: "0.12 M" parameters, "today, 11:42", three digits of a loss.
QString cellText(const std::string& key, const RunValue& value);
/// A number stands right in its column.
bool isNumberKey(const std::string& key, const RunValue& value);
/// Nothing comes last.
bool lessRunValue(const RunValue& a, const RunValue& b);
/// The number behind a value; NaN for texts and nothing.
double valueNumber(const RunValue& value);

/// "k" for moe.top_k, "score" for router.score: what heads a column. The whole key where that would be too little.
QString keyTitle(const std::string& key);
/// Keys in which these runs differ: what people gave them first, then settings in the order of the form. Seeds and names, which
/// tell every run from every other, are left out.
std::vector<std::string> keysThatDiffer(RunKeys& keys, const std::vector<const storage::RunRow*>& rows);

}  // namespace moescope::ui
