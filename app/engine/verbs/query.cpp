// query: one reading SQL statement to the catalog or to a run's database.
#include <CLI/CLI.hpp>

#include "app/engine/verbs.hpp"
#include "core/base/numbers.hpp"
#include "storage/catalog.hpp"
#include "storage/query_sql.hpp"

namespace moescope::app {
namespace {

Json toJson(const storage::SqlValue& value) {
    struct Visit {
        Json operator()(std::monostate) const { return nullptr; }
        Json operator()(std::int64_t number) const { return number; }
        Json operator()(double value) const { return number(value); }
        Json operator()(const std::string& text) const { return text; }
        Json operator()(const std::vector<std::byte>& bytes) const { return "<" + std::to_string(bytes.size()) + " bytes>"; }
    };
    return std::visit(Visit{}, value);
}

std::string plain(const Json& value) { return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump(); }

int query(const Context& context, const std::string& sql, const std::string& run) {
    const storage::Store store(context.storeFolder());
    if (run.empty()) storage::Catalog(store).sync();
    const auto database = run.empty() ? store.folder() / "catalog.db" : store.runFolder(store.resolve(run)) / "run.db";
    const storage::SqlResult result = storage::querySql(database, sql);
    std::vector<std::vector<std::string>> rows{result.columns};
    for (const auto& row : result.rows) {
        Json object = Json::object();
        rows.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i) {
            object[result.columns[i]] = toJson(row[i]);
            rows.back().push_back(plain(object[result.columns[i]]));
        }
        context.result(object, {});
    }
    if (!context.json) context.result({}, table(rows, "0123456789"));
    if (result.cut) context.say("note: only the first " + std::to_string(result.rows.size()) + " rows");
    return 0;
}

}  // namespace

void addQuery(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("query", "One SELECT or WITH to the catalog, or to a run's database");
    verb->footer("Example: moescope-engine query \"SELECT name, val_loss FROM runs ORDER BY val_loss LIMIT 5\"");
    auto sql = std::make_shared<std::string>();
    auto run = std::make_shared<std::string>();
    verb->add_option("sql", *sql, "The statement")->required();
    verb->add_option("--run", *run, "Ask this run's database");
    verb->callback([=, &context, &action] { action = [=, &context] { return query(context, *sql, *run); }; });
}

}  // namespace moescope::app
