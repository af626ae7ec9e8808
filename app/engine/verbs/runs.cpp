// runs list|show|rename|tag|star|note|color|archive|delete|restore: the store.
#include <CLI/CLI.hpp>

#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "storage/meta_file.hpp"
#include "storage/catalog.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

using storage::RunRow;

Json toJson(const RunRow& row) {
    return {{"run", row.ulid}, {"name", row.name}, {"state", storage::toText(row.state)}, {"step", row.step}, {"steps", row.steps}, {"tokens", row.tokens},
            {"flops", number(row.flops)}, {"seconds", number(row.seconds)}, {"params_total", row.paramsTotal}, {"params_active", row.paramsActive},
            {"loss", number(row.loss)}, {"val_loss", number(row.valLoss)}, {"best_val_loss", number(row.bestVal)}, {"bits_per_byte", number(row.bitsPerByte)},
            {"tags", row.tags}, {"star", row.star}, {"note", row.note}, {"color", storage::paletteSlot(row.colour) ? std::string() : row.colour}, {"group", row.group}, {"archived", row.archived},
            {"parent", row.parent.empty() ? Json(nullptr) : Json(row.parent)}, {"parent_step", row.parent.empty() ? Json(nullptr) : Json(row.parentStep)},
            {"created", row.createdUs}, {"preset", row.preset}, {"router", row.router}, {"seed", row.seed}, {"experts", row.experts}, {"top_k", row.topK}};
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
    return text;
}

std::vector<RunRow> listed(const Context& context, storage::Catalog& catalog, const storage::ListQuery& query, int& code) {
    catalog.sync();
    auto found = catalog.list(query);
    if (auto* problems = std::get_if<base::Problems>(&found)) {
        code = report(context, *problems);
        return {};
    }
    return std::get<std::vector<RunRow>>(std::move(found));
}

int list(const Context& context, const storage::ListQuery& query) {
    storage::Catalog catalog{storage::Store(context.storeFolder())};
    int code = 0;
    std::vector<std::vector<std::string>> rows{{"run", "name", "state", "step", "val loss", "router", "tags"}};
    for (const RunRow& row : listed(context, catalog, query, code)) {
        context.result(toJson(row), {});
        rows.push_back({row.ulid, (row.star ? "* " : "") + row.name, std::string(storage::toText(row.state)), std::to_string(row.step), fixed(row.valLoss, 4), row.router, joined(row.tags)});
    }
    if (code == 0 && !context.json) context.result({}, rows.size() > 1 ? table(rows, "01256") : "no runs");
    return code;
}

Json eventsJson(storage::RunReader& reader) {
    Json events = Json::array();
    for (const storage::StoredEvent& stored : reader.events())
        events.push_back({{"step", stored.event.step}, {"code", stored.event.code}, {"text", stored.event.text}, {"superseded", stored.superseded}});
    return events;
}

Json checkpointsJson(storage::RunReader& reader) {
    Json rows = Json::array();
    for (const storage::CheckpointRow& row : reader.checkpoints()) rows.push_back({{"step", row.step}, {"state", row.state}, {"bytes", row.bytes}, {"pinned", row.pinned}});
    return rows;
}

int show(const Context& context, const std::string& run) {
    const storage::Store store(context.storeFolder());
    storage::Catalog catalog(store);
    catalog.sync();
    const std::string ulid = store.resolve(run);
    const auto row = catalog.find(ulid);
    if (!row) throw base::Error(base::ExitCode::usage, "run.unknown", "no such run", run, "see `moescope-engine runs`");
    Json json = toJson(*row);
    if (row->state != storage::RunState::quarantined) {
        storage::RunReader reader(store.runFolder(ulid));
        json["reason"] = reader.state().reason;
        json["checkpoints"] = checkpointsJson(reader);
        json["events"] = eventsJson(reader);
        json["config"] = Json::parse(reader.meta().configJson);
    } else {
        json["reason"] = row->reason;
    }
    context.result(json, json.dump(2));
    return 0;
}

using Edit = std::function<void(storage::Catalog&, const std::string& ulid, const std::string& text)>;

int edit(const Context& context, const std::string& run, const std::string& text, bool inTrash, const Edit& change) {
    const storage::Store store(context.storeFolder());
    storage::Catalog catalog(store);
    catalog.sync();
    const std::string ulid = inTrash ? run : store.resolve(run);
    change(catalog, ulid, text);
    context.result({{"ok", true}, {"run", ulid}}, ulid);
    return 0;
}

struct EditVerb {
    const char* name;
    const char* help;
    const char* argument;  ///< nullptr: takes none
    Edit change;
};

bool on(const std::string& text) {
    if (text == "on" || text.empty()) return true;
    if (text == "off") return false;
    throw base::Error(base::ExitCode::usage, "runs.switch", "\"" + base::printable(text) + "\" is neither on nor off", "runs", "write on or off");
}

std::vector<EditVerb> editVerbs() {
    using C = storage::Catalog;
    using S = const std::string&;
    return {{"rename", "Give a run another name", "name", [](C& c, S run, S text) { c.rename(run, text); }},
            {"tag", "Add a tag (with a leading - take it off)", "tag", [](C& c, S run, S text) { text.starts_with("-") ? c.untag(run, text.substr(1)) : c.tag(run, text); }},
            {"star", "Star a run (or: off)", "on|off", [](C& c, S run, S text) { c.star(run, on(text)); }},
            {"note", "Write a note", "text", [](C& c, S run, S text) { c.note(run, text); }},
            {"color", "Give a run its colour, #rrggbb", "colour", [](C& c, S run, S text) { c.colour(run, text); }},
            {"group", "Put a run in a group", "group", [](C& c, S run, S text) { c.group(run, text); }},
            {"archive", "Take a run out of the list (or: off)", "on|off", [](C& c, S run, S text) { c.archive(run, on(text)); }},
            {"delete", "Move a run to the trash for 30 days", nullptr, [](C& c, S run, S) { c.remove(run); }},
            {"restore", "Bring a run back from the trash (whole ULID)", nullptr, [](C& c, S run, S) { c.restore(run); }}};
}

void addEdit(CLI::App& runs, Context& context, Action& action, const EditVerb& edits) {
    auto* verb = runs.add_subcommand(edits.name, edits.help);
    auto run = std::make_shared<std::string>();
    auto text = std::make_shared<std::string>();
    verb->add_option("run", *run, "ULID, unique prefix, unique name, or last")->required();
    if (edits.argument) verb->add_option("text", *text, edits.argument);
    const bool inTrash = std::string_view(edits.name) == "restore";
    verb->callback([=, &context, &action] { action = [=, &context] { return edit(context, *run, *text, inTrash, edits.change); }; });
}

}  // namespace

void addRuns(CLI::App& app, Context& context, Action& action) {
    auto* runs = app.add_subcommand("runs", "The store's runs: list, show, rename, tag, star, note, color, archive, delete, restore");
    runs->footer("Example: moescope-engine runs list --where 'k=1 and val_loss<1.5' --sort val_loss");
    auto query = std::make_shared<storage::ListQuery>();
    auto* listVerb = runs->add_subcommand("list", "The runs, newest first");
    for (CLI::App* verb : {runs, listVerb}) {
        verb->add_option("--where", query->where, "Filter, for instance: k=2 and val_loss<1.5 tag:g8")->type_name("QUERY");
        verb->add_option("--sort", query->sort, "Key to sort by; a leading - turns the order round")->type_name("KEY");
        verb->add_flag("--archived", query->archived, "Archived runs too");
        verb->add_flag("--trash", query->trash, "The trash instead");
    }
    auto* showVerb = runs->add_subcommand("show", "Everything about one run");
    auto run = std::make_shared<std::string>();
    showVerb->add_option("run", *run, "ULID, unique prefix, unique name, or last")->required();
    showVerb->callback([=, &context, &action] { action = [=, &context] { return show(context, *run); }; });
    for (const EditVerb& edits : editVerbs()) addEdit(*runs, context, action, edits);
    runs->callback([=, &context, &action] {
        if (!action) action = [=, &context] { return list(context, *query); };
    });
}

}  // namespace moescope::app
