// Writing safetensors files: the header in the order of the data, then the data.
#include "core/base/utf8.hpp"
#include "core/checkpoint/safetensors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace moescope::checkpoint {

namespace {

// Larger elements first, then by name: every tensor begins at a multiple of its element's size.
std::vector<std::size_t> fileOrder(std::span<const NamedTensor> tensors) {
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const std::size_t left = bytesOf(tensors[a].dtype);
        const std::size_t right = bytesOf(tensors[b].dtype);
        return left != right ? left > right : tensors[a].name < tensors[b].name;
    });
    return order;
}

void requireWritable(std::span<const NamedTensor> tensors, const std::vector<std::size_t>& order) {
    if (tensors.size() > SafetensorsLimits::tensors) throw std::invalid_argument("too many tensors for one file");
    for (const NamedTensor& tensor : tensors) {
        if (const auto problem = nameProblem(tensor.name); !problem.empty()) throw std::invalid_argument("the name of a tensor " + std::string(problem) + ": " + base::printable(tensor.name));
        if (byteSize(tensor.dtype, tensor.shape) != tensor.data.size()) throw std::invalid_argument("bytes and shape do not agree: " + tensor.name);
    }
    std::vector<std::string_view> names;
    for (const std::size_t i : order) names.push_back(tensors[i].name);
    std::sort(names.begin(), names.end());
    if (const auto same = std::adjacent_find(names.begin(), names.end()); same != names.end()) throw std::invalid_argument("two tensors of one name: " + std::string(*same));
}

std::string quoted(const std::string& text) {
    if (!base::isUtf8(text)) throw std::invalid_argument("metadata must be UTF-8: " + base::printable(text));
    return nlohmann::json(text).dump();
}

std::string joined(std::span<const std::int64_t> shape) {
    std::string text;
    for (const std::int64_t dimension : shape) text.append(text.empty() ? "" : ",").append(std::to_string(dimension));
    return text;
}

std::string metadataJson(const Metadata& metadata) {
    std::string text;
    for (const auto& [key, value] : metadata) text.append(text.empty() ? "" : ",").append(quoted(key)).append(":").append(quoted(value));
    return "\"__metadata__\":{" + text + "}";
}

std::string entryJson(const NamedTensor& tensor, std::uint64_t begin) {
    return quoted(tensor.name) + ":{\"dtype\":\"" + std::string(nameOf(tensor.dtype)) + "\",\"shape\":[" + joined(tensor.shape) + "],\"data_offsets\":[" + std::to_string(begin) + "," +
           std::to_string(begin + tensor.data.size()) + "]}";
}

std::string lengthPrefix(std::uint64_t length) {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(length >> (8 * i));
    return bytes;
}

void writePieces(base::FileHandle& file, base::Bytes bytes, base::Hasher128& hasher) {
    while (!bytes.empty()) {
        const base::Bytes piece = bytes.first(std::min(SafetensorsLimits::pieceBytes, bytes.size()));
        hasher.add(piece);
        file.write(piece);
        bytes = bytes.subspan(piece.size());
    }
}

}  // namespace

std::string safetensorsHeader(std::span<const NamedTensor> tensors, const Metadata& metadata) {
    const std::vector<std::size_t> order = fileOrder(tensors);
    requireWritable(tensors, order);
    std::string json = metadata.empty() ? "" : metadataJson(metadata);
    std::uint64_t next = 0;
    for (const std::size_t i : order) {
        json.append(json.empty() ? "" : ",").append(entryJson(tensors[i], next));
        next += tensors[i].data.size();
    }
    json = "{" + json + "}";
    json.append((8 - json.size() % 8) % 8, ' ');
    if (json.size() > SafetensorsLimits::headerBytes) throw std::invalid_argument("the header of a file would be larger than 32 MB");
    return lengthPrefix(json.size()) + json;
}

std::uint64_t safetensorsSize(std::span<const NamedTensor> tensors, const Metadata& metadata) {
    std::uint64_t bytes = safetensorsHeader(tensors, metadata).size();
    for (const NamedTensor& tensor : tensors) bytes += tensor.data.size();
    return bytes;
}

base::Hash128 writeSafetensors(base::FileOps& files, const base::Path& path, std::span<const NamedTensor> tensors, const Metadata& metadata) {
    const std::string header = safetensorsHeader(tensors, metadata);
    base::Hasher128 hasher;
    base::FileHandle file(files, path, base::OpenMode::createNew);
    writePieces(file, base::asBytes(header), hasher);
    for (const std::size_t i : fileOrder(tensors)) writePieces(file, tensors[i].data, hasher);
    file.syncData();
    file.close();
    return hasher.value();
}

}  // namespace moescope::checkpoint
