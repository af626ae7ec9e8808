// First values of weights, drawn part by part.
#include "core/model/parameter.hpp"

#include <numeric>

#include "core/base/counter_random.hpp"
#include "core/base/hash.hpp"

namespace moescope::model {

namespace {

void fill(std::span<float> out, const Part& part, InitKind kind, double std, std::uint64_t seed) {
    if (kind != InitKind::normal) {
        std::fill(out.begin(), out.end(), kind == InitKind::ones ? 1.0f : 0.0f);
        return;
    }
    base::fillNormal(out, {seed, base::Purpose::init, 0, base::hash64(part.name)});
    for (float& value : out) value *= static_cast<float>(std);
}

}  // namespace

std::int64_t Part::elements() const {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::vector<Part> whole(const std::string& name, const std::vector<std::int64_t>& shape) { return {{name, 0, shape}}; }

Parameter makeParameter(std::string name, std::vector<std::int64_t> shape, std::vector<Part> parts, InitKind kind, double std,
                        std::uint64_t seed, const at::TensorOptions& options) {
    at::Tensor host = at::empty(shape, at::kFloat);
    float* data = host.mutable_data_ptr<float>();
    for (const Part& part : parts)
        fill({data + part.offset, static_cast<std::size_t>(part.elements())}, part, kind, std, seed);
    const bool matrix = kind == InitKind::normal && shape.size() > 1;
    return {std::move(name), host.to(options).set_requires_grad(true), matrix, std::move(parts), kind == InitKind::normal ? std : 0};
}

}  // namespace moescope::model
