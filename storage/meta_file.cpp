// Reading and replacing meta.json.
#include "storage/meta_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/clock.hpp"
#include "core/base/files.hpp"
#include "core/base/utf8.hpp"
#include "storage/database.hpp"
#include "storage/folder_lock.hpp"
#include "storage/json_text.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uint64_t kMostBytes = 1 << 20;

fs::path metaPath(const fs::path& folder) { return folder / "meta.json"; }

json readObject(const fs::path& file) {
    if (!base::realFiles().exists(file)) return json::object();
    json object = guarded(file, [&] { return parseJson(base::readWhole(file, kMostBytes)); });
    if (!object.is_object()) throw damaged("the file holds no JSON object", file);
    return object;
}

// A damaged file is kept beside the new one.
json readOrSetAside(const fs::path& file) {
    try {
        return readObject(file);
    } catch (const base::Error& error) {
        if (error.exit() == base::ExitCode::io) throw;
        base::realFiles().renameNew(file, file.string() + ".bad-" + std::to_string(base::wallMicroseconds()));
        return json::object();
    }
}

MetaFile fromJson(const json& object) {
    MetaFile meta;
    meta.ulid = stringAt(object, "ulid");
    meta.name = stringAt(object, "name");
    meta.note = stringAt(object, "note");
    meta.colour = stringAt(object, "colour");
    meta.group = stringAt(object, "group");
    meta.tags = stringsAt(object, "tags");
    meta.star = boolAt(object, "star");
    meta.archived = boolAt(object, "archived");
    meta.deletedUs = integerAt(object, "deleted_us");
    return meta;
}

void toJson(json& object, const MetaFile& meta) {
    object["ulid"] = meta.ulid;
    object["name"] = meta.name;
    object["note"] = meta.note;
    object["colour"] = meta.colour;
    object["group"] = meta.group;
    object["tags"] = meta.tags;
    object["star"] = meta.star;
    object["archived"] = meta.archived;
    if (meta.deletedUs != 0) object["deleted_us"] = meta.deletedUs;
    else object.erase("deleted_us");
}

[[noreturn]] void refuse(const std::string& key, const std::string& text) {
    throw base::Error(base::ExitCode::usage, "run.text", text, key, "choose another one");
}

void requireText(const std::string& text, const std::string& key, std::size_t least, std::size_t most) {
    if (text.size() < least) refuse(key, "the " + key + " is empty");
    if (text.size() > most) refuse(key, "the " + key + " has more than " + std::to_string(most) + " bytes");
    if (!base::isUtf8(text)) refuse(key, "the " + key + " is not valid UTF-8");
}

bool hasControl(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::optional<int> paletteSlot(const std::string& colour) {
    return colour.size() == 1 && colour[0] >= '0' && colour[0] < '0' + kPalette ? std::optional(colour[0] - '0') : std::nullopt;
}

MetaFile readMetaFile(const fs::path& runFolder) { return fromJson(readObject(metaPath(runFolder))); }

void editMetaFile(const fs::path& runFolder, const std::function<void(MetaFile&)>& change) {
    const FolderLock lock(runFolder);
    json object = readOrSetAside(metaPath(runFolder));
    MetaFile meta = fromJson(object);
    change(meta);
    toJson(object, meta);
    base::replaceAtomically(metaPath(runFolder), object.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

void requireName(const std::string& name) {
    requireText(name, "name", 1, 200);
    if (hasControl(name)) refuse("name", "the name has a line break or control character");
}
void requireTag(const std::string& tag) {
    requireText(tag, "tag", 1, 100);
    if (hasControl(tag) || tag.find_first_of(" ,\"'()") != std::string::npos) refuse("tag", "the tag has a space, comma, quote, bracket or control character");
}
void requireNote(const std::string& note) { requireText(note, "note", 0, 64 << 10); }
void requireColour(const std::string& rgb) {
    if (paletteSlot(rgb)) return;
    const bool digits = rgb.size() == 7 && rgb[0] == '#' && rgb.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
    if (!rgb.empty() && !digits) refuse("colour", fmt::format("\"{}\" is no colour of the form #rrggbb", base::printable(rgb, 20)));
}

}  // namespace moescope::storage
