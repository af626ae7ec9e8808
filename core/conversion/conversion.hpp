// Conversions between dense models and mixtures: the settings of the new model, and its first weights from those of the old one.
//
// Weights go by the names of a checkpoint and are float32, row-major; nothing here runs a model. Experts are cut from, or put together
// to, the feed-forward layers; everything else is copied. What has no origin (router rows) keeps the values of a fresh model. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/checkpoint/checkpoint_folder.hpp"
#include "core/config/run_config.hpp"

namespace moescope::conversion {

struct Weight {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
    bool operator==(const Weight&) const = default;
};
using Weights = std::map<std::string, Weight>;

/// The float32 tensors that a trainer would save: its weights, and buffers such as a frozen router.
Weights weightsOf(const checkpoint::CheckpointContents& contents);
Weights weightsOf(const checkpoint::LoadedCheckpoint& saved);
/// Lets `contents` borrow its weights from `weights`, which must have all of the model; buffers only where it has them. Throws
/// base::Error (exit 5) for one that is missing or of another shape.
void putWeights(const Weights& weights, checkpoint::CheckpointContents& contents);

enum class Kind { upcycle, moefy, toDense };
std::string_view toText(Kind kind);   ///< "upcycled", "split into experts", "made dense"

/// What the dense layer of a mixture is made of: the mean of all experts, or the one that had most tokens.
enum class Keep { average, busiest };

/// How moefy shares out the neurons of a layer: those that look in similar directions together (ReLU only), or by chance.
enum class Split { clusters, random };

struct Order {
    Kind kind = Kind::upcycle;
    std::int64_t experts = 8, topK = 2;
    std::int64_t granularity = 1;   ///< upcycle: each copy is cut into so many experts
    double noise = 0;               ///< upcycle: added to each copy, as a share of the standard deviation of its tensor; 0 keeps the function
    Split split = Split::clusters;  ///< moefy
    Keep keep = Keep::average;      ///< toDense
    std::vector<std::vector<double>> load;  ///< toDense, busiest: [layer with experts][expert]
    std::uint64_t seed = 0;
};

/// The settings of the new run: those of the old one with another shape and another router. Sparse upcycling (Komatsuzaki et al. 2022,
/// 2212.05055): every expert as wide as the dense layer, softmax over the chosen, so that the function is kept; one expert a token:
/// weight 1 with a straight-through gradient, for the same reason. Splitting (Zhang et al. 2021, 2110.01786): weight 1, a frozen router. By
/// chance (LLaMA-MoE, Zhu et al. 2024, 2406.16554): noisy top-k that starts at zero, weights that sum to the number of experts.
/// Problems name what does not fit; `made` is left alone then.
base::Problems convertedConfig(const config::RunConfig& from, const Order& order, config::RunConfig& made);

/// Writes into `fresh`, the first weights of a model of the new settings, everything that comes from `old`. Throws base::Error (exit 5)
/// where a tensor is missing or has another shape than the settings say.
void convertWeights(const Weights& old, const config::RunConfig& from, const config::RunConfig& to, const Order& order, Weights& fresh);

/// Ids of the presets that the new run is named by: the run preset of the old one and the router that the conversion makes.
std::string presetAfter(std::string_view preset, const Order& order);

/// Does every token keep its output, whatever the router says? (Up to float32 rounding.)
bool keepsFunction(const Order& order);

/// Gives `fresh` every tensor that `old` has under the same name in the same shape, but none of the layers where `from` has experts (their
/// attention and norms belong to those that are given). Returns how many.
std::size_t copyBesideExperts(const Weights& old, const config::RunConfig& from, Weights& fresh);

/// Clusters of equal size for `rows` [count, width] by their direction: balanced k-means, at most `rounds` rounds from rows that lie
/// furthest apart. The cluster of each row; `count` must be a multiple of `clusters`. Deterministic.
std::vector<std::int64_t> balancedClusters(const std::vector<float>& rows, std::int64_t count, std::int64_t width, std::int64_t clusters, int rounds = 20);

}  // namespace moescope::conversion
