// The manifest in one spelling only.
#include "core/checkpoint/manifest.hpp"

#include "core/base/error.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace moescope::checkpoint {

namespace {

using Json = nlohmann::json;
using base::Error;
using base::ExitCode;

[[noreturn]] void damaged(std::string_view where) {
    throw Error(ExitCode::corrupt, "ckpt.bad", "the manifest is damaged", std::string(where), "resume from an earlier checkpoint");
}

std::optional<std::uint64_t> unsignedAt(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
    return found->get<std::uint64_t>();
}

ManifestEntry entryFrom(const Json& object, std::string_view where) {
    const auto bytes = unsignedAt(object, "bytes");
    const auto hash = object.find("xxh3_128");
    if (!bytes || hash == object.end() || !hash->is_string()) damaged(where);
    const auto parsed = base::parseHash128(hash->get_ref<const std::string&>());
    if (!parsed) damaged(where);
    return {*bytes, *parsed};
}

void refuseNewer(const Json& object, std::string_view where) {
    const auto format = unsignedAt(object, "format");
    if (format && *format > kManifestFormat)
        throw Error(ExitCode::newerSchema, "ckpt.newer", "checkpoint format " + std::to_string(*format) + ", this program knows up to " + std::to_string(kManifestFormat), std::string(where),
                    "use a newer MoEScope");
}

Manifest manifestFrom(const Json& object, std::string_view where) {
    const auto step = unsignedAt(object, "step");
    const auto files = object.find("files");
    if (!step || files == object.end() || !files->is_array() || files->size() != kFileNames.size()) damaged(where);
    Manifest manifest;
    manifest.step = static_cast<std::int64_t>(*step);
    for (std::size_t i = 0; i < kFileNames.size(); ++i) {
        if (!(*files)[i].is_object()) damaged(where);
        manifest.files[i] = entryFrom((*files)[i], where);
    }
    return manifest;
}

}  // namespace

std::uint64_t Manifest::totalBytes() const {
    std::uint64_t sum = 0;
    for (const ManifestEntry& file : files) sum += file.bytes;
    return sum;
}

std::string toJson(const Manifest& manifest) {
    std::string text = "{\"format\":" + std::to_string(kManifestFormat) + ",\"step\":" + std::to_string(manifest.step) + ",\"files\":[\n";
    for (std::size_t i = 0; i < kFileNames.size(); ++i) {
        const ManifestEntry& file = manifest.files[i];
        text.append(" {\"name\":\"").append(kFileNames[i]).append("\",\"bytes\":").append(std::to_string(file.bytes));
        text.append(",\"xxh3_128\":\"").append(base::hex(file.hash)).append(i + 1 < kFileNames.size() ? "\"},\n" : "\"}\n");
    }
    return text + "]}\n";
}

Manifest parseManifest(std::string_view text, std::string_view where) {
    const Json object = text.size() <= kManifestLimit ? Json::parse(text, nullptr, false) : Json();
    if (!object.is_object()) damaged(where);
    refuseNewer(object, where);
    Manifest manifest = manifestFrom(object, where);
    if (toJson(manifest) != text) damaged(where);
    return manifest;
}

}  // namespace moescope::checkpoint
