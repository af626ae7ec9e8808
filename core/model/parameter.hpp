// A model's weights: packed tensors in memory, each made of parts that have the names other programs know.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace moescope::model {

/// A contiguous piece of a packed tensor: what a checkpoint file holds under `name`.
struct Part {
    std::string name;  ///< "model.layers.0.mlp.experts.3.up_proj.weight"
    std::int64_t offset = 0;  ///< elements from the start of the packed tensor
    std::vector<std::int64_t> shape;
    std::int64_t elements() const;
};

enum class InitKind { normal, ones, zeros };

struct Parameter {
    std::string name;   ///< of the packed tensor: "model.layers.0.mlp.experts.up"
    at::Tensor value;   ///< leaf that requires gradient, contiguous
    bool decays = true; ///< weight decay applies: all matrices but the embedding; norms and biases never
    std::vector<Part> parts;
    double initStd = 0;  ///< of the normal that its first values were drawn from; 0 = not drawn
};

/// A tensor that travels in checkpoints but is not trained: router biases, hash tables.
struct Buffer {
    std::string name;
    at::Tensor value;
};

/// A parameter on `device` whose elements are f(seed, name of the part, index): runs with the same seed agree in every part
/// that has the same name and shape, whatever else differs.
Parameter makeParameter(std::string name, std::vector<std::int64_t> shape, std::vector<Part> parts, InitKind kind, double std,
                        std::uint64_t seed, const at::TensorOptions& options);

/// The part that is the whole tensor.
std::vector<Part> whole(const std::string& name, const std::vector<std::int64_t>& shape);

}  // namespace moescope::model
