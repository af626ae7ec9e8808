// `moe:` strings: the recipe as compact JSON, compressed by zstd with a checksum, in base64url.
#include <fmt/format.h>
#include <zstd.h>

#include <array>
#include <memory>
#include <optional>

#include "core/config/config_json.hpp"
#include "core/config/json_value.hpp"

namespace moescope::config {
namespace {

constexpr std::string_view kScheme = "moe:";
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int kLevel = 19;

std::string encode64(std::string_view bytes) {
    std::string text;
    unsigned bits = 0;
    int count = 0;
    for (const unsigned char byte : bytes) {
        bits = (bits << 8) | byte;
        for (count += 8; count >= 6; count -= 6)
            text += kDigits[(bits >> (count - 6)) & 63U];
        bits &= 0xffU;
    }
    if (count > 0) text += kDigits[(bits << (6 - count)) & 63U];
    return text;
}

std::optional<std::string> decode64(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (const char digit : text) {
        const auto value = kDigits.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        bits = ((bits << 6) | static_cast<unsigned>(value)) & 0xffffU;
        if ((count += 6) >= 8) bytes += static_cast<char>((bits >> (count -= 8)) & 0xffU);
    }
    return bytes;
}

std::string compress(std::string_view text) {
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size()));
    return out;
}

// Nothing if it is damaged, several frames, of unknown length, or would be longer than a recipe may be.
std::optional<std::string> decompress(std::string_view bytes) {
    const auto length = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (length == ZSTD_CONTENTSIZE_ERROR || length == ZSTD_CONTENTSIZE_UNKNOWN || length > kMostJsonBytes)
        return std::nullopt;
    if (ZSTD_findFrameCompressedSize(bytes.data(), bytes.size()) != bytes.size()) return std::nullopt;
    std::string out(static_cast<std::size_t>(length), '\0');
    const std::size_t got = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(got) || got != out.size()) return std::nullopt;
    return out;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

base::Problems refused(std::string_view why) {
    return {{"recipe", fmt::format("The recipe string cannot be read: {}.", why)}};
}

}  // namespace

std::string toRecipeString(const RunConfig& config) {
    return std::string(kScheme) + encode64(compress(toJson(config, -1)));
}

base::Problems applyRecipeString(RunConfig& config, std::string_view recipe) {
    recipe = trimmed(recipe);
    if (!recipe.starts_with(kScheme)) return refused("it must begin with \"moe:\"");
    if (recipe.size() > 2 * kMostJsonBytes)
        return refused(fmt::format("it has {} characters, far more than a recipe needs", recipe.size()));
    const auto bytes = decode64(recipe.substr(kScheme.size()));
    if (!bytes) return refused("it has characters that do not belong there; copy it whole");
    const auto json = decompress(*bytes);
    if (!json) return refused("it is damaged or cut off; copy it whole");
    return applyJson(config, *json);
}

}  // namespace moescope::config
