// One line of the list: read from a run's folder, kept in catalog.db, asked by queries.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "storage/catalog.hpp"
#include "storage/statements.hpp"

namespace moescope::storage {

/// Sizes and times of the run's files; changes whenever a program wrote to the run.
std::string stampOf(const std::filesystem::path& runFolder);

/// Opens what is there; a run that cannot be read is `quarantined` with the reason. Never throws for damage.
RunRow readRunRow(const std::filesystem::path& runFolder, const std::string& ulid);

/// State and holder alone, for runs whose files did not change; returns whether anything did.
bool refreshState(const std::filesystem::path& runFolder, RunRow& row);

struct KeptRow {
    RunRow row;
    std::string stamp;
    bool trashed = false;
};
std::vector<KeptRow> loadRows(Statements& statements);   ///< rows with a wrong checksum are left out
void keepRow(Statements& statements, const KeptRow& kept);
void forgetRow(Statements& statements, const std::string& ulid);

/// The configuration as flat keys.
using FlatConfig = std::map<std::string, QueryValue, std::less<>>;
FlatConfig flatten(const std::string& configJson);
/// Sets the row's numbers that come from its configuration.
void takeConfig(RunRow& row);

class RowSubject final : public QuerySubject {
public:
    RowSubject(const RunRow& row, const FlatConfig& config) : m_row(row), m_config(config) {}
    std::optional<QueryValue> value(std::string_view key) const override;

private:
    const RunRow& m_row;
    const FlatConfig& m_config;
};

/// Ascending order of two values; texts without case.
bool lessValue(const QueryValue& a, const QueryValue& b);

}  // namespace moescope::storage
