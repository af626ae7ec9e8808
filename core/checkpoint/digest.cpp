// Digests of named tensors, from memory or from a file.
#include "core/checkpoint/digest.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace moescope::checkpoint {

namespace {

void addText(base::Hasher128& hasher, std::string_view text) {
    hasher.addNumber(text.size());
    hasher.add(text);
}

template <class Tensor>
void addHead(base::Hasher128& hasher, const Tensor& tensor) {
    addText(hasher, tensor.name);
    addText(hasher, nameOf(tensor.dtype));
    hasher.addNumber(tensor.shape.size());
    for (const std::int64_t dimension : tensor.shape) hasher.addNumber(static_cast<std::uint64_t>(dimension));
}

template <class Tensor>
std::vector<const Tensor*> byName(std::span<const Tensor> tensors) {
    std::vector<const Tensor*> order;
    for (const Tensor& tensor : tensors) order.push_back(&tensor);
    std::sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) { return a->name < b->name; });
    return order;
}

}  // namespace

base::Hash128 digest(std::span<const NamedTensor> tensors) {
    base::Hasher128 hasher;
    for (const NamedTensor* tensor : byName(tensors)) {
        addHead(hasher, *tensor);
        hasher.add(tensor->data);
    }
    return hasher.value();
}

base::Hash128 digest(const SafetensorsFile& file) {
    base::Hasher128 hasher;
    std::vector<std::byte> buffer;
    for (const TensorInfo* tensor : byName(std::span(file.tensors()))) {
        addHead(hasher, *tensor);
        for (std::uint64_t at = 0; at < tensor->bytes(); at += buffer.size()) {
            buffer.resize(std::min<std::uint64_t>(SafetensorsLimits::pieceBytes, tensor->bytes() - at));
            file.readPiece(*tensor, at, buffer);
            hasher.add(buffer);
        }
    }
    return hasher.value();
}

}  // namespace moescope::checkpoint
