// Reading and replacing views.json.
#include "storage/saved_views.hpp"

#include <algorithm>

#include "core/base/clock.hpp"
#include "core/base/files.hpp"
#include "core/base/ulid.hpp"
#include "storage/database.hpp"
#include "storage/folder_lock.hpp"
#include "storage/json_text.hpp"
#include "storage/meta_file.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uint64_t kMostBytes = 4 << 20;
constexpr std::size_t kMostRuns = 10'000;

fs::path fileIn(const fs::path& store) { return store / "views.json"; }

json listAt(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_array() ? *found : json::array();
}

SavedComparison comparisonFrom(const json& object) {
    SavedComparison comparison{stringAt(object, "name"), {}, stringAt(object, "baseline"), stringAt(object, "look", "{}"), integerAt(object, "saved_us")};
    for (const std::string& ulid : stringsAt(object, "runs"))
        if (base::isUlid(ulid) && comparison.runs.size() < kMostRuns) comparison.runs.push_back(ulid);
    return comparison;
}

SavedViews fromJson(const json& object) {
    SavedViews views;
    for (const json& each : listAt(object, "comparisons"))
        if (each.is_object() && !stringAt(each, "name").empty()) views.keep(comparisonFrom(each));
    for (const json& each : listAt(object, "filters"))
        if (each.is_object() && !stringAt(each, "name").empty()) views.keep(SavedFilter{stringAt(each, "name"), stringAt(each, "query")});
    return views;
}

std::string toText(const SavedViews& views) {
    json object{{"comparisons", json::array()}, {"filters", json::array()}};
    for (const SavedComparison& each : views.comparisons)
        object["comparisons"].push_back({{"name", each.name}, {"runs", each.runs}, {"baseline", each.baseline}, {"look", each.look}, {"saved_us", each.savedUs}});
    for (const SavedFilter& each : views.filters) object["filters"].push_back({{"name", each.name}, {"query", each.query}});
    return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

template <class Item>
void keepIn(std::vector<Item>& items, Item item) {
    const auto known = std::ranges::find(items, item.name, &Item::name);
    if (known == items.end()) items.push_back(std::move(item));
    else *known = std::move(item);
}

SavedViews readOrSetAside(const fs::path& store) {
    try {
        return readSavedViews(store);
    } catch (const base::Error& error) {
        if (error.exit() == base::ExitCode::io) throw;
        base::realFiles().renameNew(fileIn(store), fileIn(store).string() + ".bad-" + std::to_string(base::wallMicroseconds()));
        return {};
    }
}

}  // namespace

void SavedViews::keep(SavedComparison comparison) { keepIn(comparisons, std::move(comparison)); }
void SavedViews::keep(SavedFilter filter) { keepIn(filters, std::move(filter)); }
void SavedViews::forgetComparison(const std::string& name) { std::erase_if(comparisons, [&](const SavedComparison& each) { return each.name == name; }); }
void SavedViews::forgetFilter(const std::string& name) { std::erase_if(filters, [&](const SavedFilter& each) { return each.name == name; }); }

SavedViews readSavedViews(const fs::path& store) {
    const fs::path file = fileIn(store);
    if (!base::realFiles().exists(file)) return {};
    const json object = guarded(file, [&] { return parseJson(base::readWhole(file, kMostBytes)); });
    if (!object.is_object()) throw damaged("the file holds no JSON object", file);
    return fromJson(object);
}

void editSavedViews(const fs::path& store, const std::function<void(SavedViews&)>& change) {
    const FolderLock lock(store);
    SavedViews views = readOrSetAside(store);
    change(views);
    for (const SavedComparison& each : views.comparisons) requireName(each.name);
    for (const SavedFilter& each : views.filters) requireName(each.name);
    base::replaceAtomically(fileIn(store), toText(views));
}

}  // namespace moescope::storage
