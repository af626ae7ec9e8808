// verify, repair: is the store whole, and salvaging what is.
#include <CLI/CLI.hpp>

#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/checkpoint/checkpoint_folder.hpp"
#include "storage/verify.hpp"

namespace moescope::app {
namespace {

std::string checkFiles(const std::filesystem::path& folder) {
    try {
        checkpoint::verify(folder);
        return {};
    } catch (const base::Error& error) {
        return error.happened() + " (" + error.where() + ")";
    }
}

int print(const Context& context, const std::vector<storage::Finding>& findings) {
    bool damaged = false;
    for (const storage::Finding& finding : findings) {
        const bool damage = finding.kind == storage::Finding::Kind::damage;
        damaged |= damage;
        context.result({{"kind", damage ? "damage" : "note"}, {"run", finding.run}, {"where", finding.where}, {"text", finding.text}},
                       (damage ? "damage: " : "note: ") + finding.where + ": " + finding.text);
    }
    return damaged ? 5 : 0;
}

int verify(const Context& context, const std::string& run, bool deep) {
    const storage::Store store(context.storeFolder());
    const storage::VerifyOptions options{deep, checkFiles};
    const int code = print(context, run.empty() ? storage::verifyStore(store, options) : storage::verifyRun(store.runFolder(store.resolve(run)), options));
    context.result({{"ok", code == 0}}, code == 0 ? "whole" : std::string());
    return code;
}

int repair(const Context& context, const std::string& run) {
    const storage::Store store(context.storeFolder());
    const storage::RepairResult result = storage::repairRun(store.runFolder(store.resolve(run)));
    print(context, result.findings);
    context.result({{"kept", result.kept.string()}, {"rows_kept", result.rowsKept}, {"rows_dropped", result.rowsDropped}},
                   std::to_string(result.rowsKept) + " rows kept, " + std::to_string(result.rowsDropped) + " dropped" +
                       (result.kept.empty() ? "" : "; the original is " + result.kept.string()));
    return 0;
}

}  // namespace

void addVerify(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("verify", "Is the store, or one run, whole?");
    verb->footer("Example: moescope-engine verify --deep");
    auto run = std::make_shared<std::string>();
    auto deep = std::make_shared<bool>(false);
    verb->add_option("run", *run, "Only this run");
    verb->add_flag("--deep", *deep, "Also every checksum, SQLite's own check and the checkpoint files");
    verb->callback([=, &context, &action] { action = [=, &context] { return verify(context, *run, *deep); }; });
    auto* mend = app.add_subcommand("repair", "Salvage the whole rows of a damaged run; the original is kept");
    mend->footer("Example: moescope-engine repair 01J9Z3");
    auto damaged = std::make_shared<std::string>();
    mend->add_option("run", *damaged, "The run")->required();
    mend->callback([=, &context, &action] { action = [=, &context] { return repair(context, *damaged); }; });
}

}  // namespace moescope::app
