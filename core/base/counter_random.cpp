// Bulk draws: the single calls, with the work that neighbours share done once.
#include "core/base/counter_random.hpp"

namespace moescope::base {

namespace {

template <class Draw>
void fill(std::span<float> out, std::uint64_t firstIndex, Draw draw) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = draw(firstIndex + i);
}

}  // namespace

void fillUniform(std::span<float> out, const RandomKey& key, std::uint64_t firstIndex) {
    const RandomStream stream(key);
    fill(out, firstIndex, [&](std::uint64_t index) { return stream.uniformFloat(index); });
}

void fillNormal(std::span<float> out, const RandomKey& key, std::uint64_t firstIndex) {
    const RandomStream stream(key);
    fill(out, firstIndex, [&](std::uint64_t index) { return static_cast<float>(stream.normal(index)); });
}

void fillGumbel(std::span<float> out, const RandomKey& key, std::uint64_t firstIndex) {
    const RandomStream stream(key);
    fill(out, firstIndex, [&](std::uint64_t index) { return static_cast<float>(stream.gumbel(index)); });
}

}  // namespace moescope::base
