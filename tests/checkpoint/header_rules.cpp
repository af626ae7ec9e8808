// Builds the whole document, then asks one question after the other.
#include "tests/checkpoint/header_rules.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace moescope::checkpoint::testing {

namespace {

using Json = nlohmann::json;
__extension__ using Wide = unsigned __int128;

// The document, or discarded when a key stands twice in one object.
Json parseWithoutDuplicates(std::string_view text) {
    std::vector<std::set<std::string>> open;
    bool duplicate = false;
    const Json document = Json::parse(text, [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) open.emplace_back();
        if (event == Json::parse_event_t::object_end) open.pop_back();
        if (event == Json::parse_event_t::key) duplicate |= !open.back().insert(value.get<std::string>()).second;
        return true;
    }, false);
    return duplicate ? Json(Json::value_t::discarded) : document;
}

bool nameIsFine(const std::string& name) {
    if (name.empty() || name.size() > 512) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto byte = static_cast<unsigned char>(name[i]);
        if (byte < 0x20 || byte == 0x7F) return false;
        if (byte == 0xC2 && static_cast<unsigned char>(name[i + 1]) < 0xA0) return false;   // U+0080 to U+009F; the JSON parser has checked UTF-8
    }
    return true;
}

bool metadataIsFine(const Json& value) {
    if (!value.is_object()) return false;
    for (const auto& item : value) if (!item.is_string()) return false;
    return true;
}

bool tensorIsFine(const Json& value) {
    static const std::map<std::string, unsigned> kSizes = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1}, {"U8", 1}, {"BOOL", 1}};
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets")) return false;
    const Json& offsets = value["data_offsets"];
    if (!value["dtype"].is_string() || kSizes.count(value["dtype"]) == 0 || !value["shape"].is_array() || value["shape"].size() > 8) return false;
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) return false;
    const Wide limit = Wide{1} << 40;
    Wide elements = 1, bound = 1;
    for (const auto& dimension : value["shape"]) {
        if (!dimension.is_number_unsigned() || dimension.get<std::uint64_t>() > limit) return false;
        elements *= dimension.get<std::uint64_t>();
        bound *= std::max<std::uint64_t>(1, dimension.get<std::uint64_t>());
        if (bound > limit) return false;
    }
    const auto begin = offsets[0].get<std::uint64_t>(), end = offsets[1].get<std::uint64_t>();
    return begin <= end && Wide{end - begin} == elements * kSizes.at(value["dtype"]);
}

}  // namespace

bool obeysTheRules(std::string_view header, std::uint64_t dataBytes) {
    if (header.empty() || header[0] != '{' || header.find('\0') != header.npos || header.size() > (32u << 20)) return false;
    const Json document = parseWithoutDuplicates(header);
    if (!document.is_object()) return false;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const auto& [name, value] : document.items()) {
        if (name == "__metadata__") {
            if (!metadataIsFine(value)) return false;
            continue;
        }
        if (!nameIsFine(name) || !tensorIsFine(value)) return false;
        ranges.emplace_back(value["data_offsets"][0], value["data_offsets"][1]);
    }
    // Every byte belongs to one tensor; an empty tensor lies on a border.
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t covered = 0;
    for (const auto& [begin, end] : ranges) {
        if (begin != covered) return false;
        covered = end;
    }
    return covered == dataBytes && ranges.size() <= 200'000;
}

}  // namespace moescope::checkpoint::testing
