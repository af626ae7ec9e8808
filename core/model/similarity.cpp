// Reads the experts' matrices and compares each pair in float64.
#include "core/tensor.hpp"

#include <limits>
#include <string>

#include "core/base/error.hpp"
#include "core/model/similarity.hpp"

namespace moescope::model {

namespace {

using checkpoint::SafetensorsFile;

[[noreturn]] void refuse(const SafetensorsFile& model, const std::string& what) {
    throw base::Error(base::ExitCode::badInput, "similarity.experts", what, model.path().string(), "choose a layer and a checkpoint with experts");
}

at::Tensor readMatrix(const SafetensorsFile& model, const checkpoint::TensorInfo& info) {
    const bool wide = info.dtype == checkpoint::DType::F64;
    if ((!wide && info.dtype != checkpoint::DType::F32) || info.shape.size() != 2) refuse(model, info.name + " is no float32 matrix");
    const at::Tensor matrix = at::empty(info.shape, at::TensorOptions().dtype(wide ? at::kDouble : at::kFloat));
    model.read(info, {static_cast<std::byte*>(matrix.mutable_data_ptr()), static_cast<std::size_t>(info.bytes())});
    return matrix.to(at::kDouble);
}

// X [d, n] of one expert; undefined if the file has none of that number.
at::Tensor readExpert(const SafetensorsFile& model, const std::string& prefix) {
    std::vector<at::Tensor> parts;
    for (const char* name : {"gate_proj.weight", "up_proj.weight"})
        if (const auto* info = model.find(prefix + name)) parts.push_back(readMatrix(model, *info).t());
    const auto* down = model.find(prefix + "down_proj.weight");
    if (parts.empty() || !down) return {};
    parts.push_back(readMatrix(model, *down));
    for (const at::Tensor& part : parts)
        if (part.size(0) != parts.back().size(0)) refuse(model, prefix + "* has matrices of different widths");
    return at::cat(parts, 1);
}

std::vector<std::vector<double>> rows(const at::Tensor& matrix) {
    std::vector<std::vector<double>> out;
    const at::Tensor whole = matrix.contiguous();
    const double* data = whole.const_data_ptr<double>();
    for (std::int64_t row = 0; row < whole.size(0); ++row) out.emplace_back(data + row * whole.size(1), data + (row + 1) * whole.size(1));
    return out;
}

// Inner products of all pairs over the root of the two squares; 0 / 0 is NaN.
at::Tensor normalisedProducts(const at::Tensor& flat) {
    const at::Tensor products = flat.matmul(flat.t());
    const at::Tensor norm = products.diagonal().sqrt();
    at::Tensor out = products.div(norm.unsqueeze(0)).div(norm.unsqueeze(1));
    out.diagonal().copy_(at::where(norm.gt(0), at::ones_like(norm), at::full_like(norm, std::numeric_limits<double>::quiet_NaN())));
    return out;
}

double meanOfPairs(const at::Tensor& matrix) {
    const std::int64_t experts = matrix.size(0);
    if (experts < 2) return std::numeric_limits<double>::quiet_NaN();
    return (matrix.sum() - matrix.diagonal().sum()).item<double>() / static_cast<double>(experts * (experts - 1));
}

}  // namespace

ExpertSimilarity expertSimilarity(const SafetensorsFile& model, std::int64_t layer) {
    std::vector<at::Tensor> weights, grams;
    for (std::int64_t expert = 0;; ++expert) {
        const at::Tensor x = readExpert(model, "model.layers." + std::to_string(layer) + ".mlp.experts." + std::to_string(expert) + ".");
        if (!x.defined()) break;
        if (!weights.empty() && x.numel() != weights.front().numel()) refuse(model, "expert " + std::to_string(expert) + " has another shape than expert 0");
        const at::Tensor centred = x - x.mean(0, true);
        weights.push_back(x.reshape({-1}));
        grams.push_back(centred.matmul(centred.t()).reshape({-1}));  // |Xi' Xj|^2 = <Xi Xi', Xj Xj'>
    }
    if (weights.empty()) refuse(model, "layer " + std::to_string(layer) + " has no experts");
    const at::Tensor cosine = normalisedProducts(at::stack(weights)), cka = normalisedProducts(at::stack(grams));
    return {layer, rows(cosine), rows(cka), meanOfPairs(cosine), meanOfPairs(cka)};
}

}  // namespace moescope::model
