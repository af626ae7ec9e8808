// The decoder-only language model: embedding, blocks, head; its weights, and one pass over a batch of tokens.
//
// Every weight is kept in float32 (float64 in tests); matrix products run in `compute` (bf16 on a GPU, of copies made for
// the pass). Not thread-safe.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/config/run_config.hpp"
#include "core/kernels/backend.hpp"
#include "core/model/parameter.hpp"
#include "core/routing/routing.hpp"

namespace moescope::model {

/// T = sequences * length token ids, row-major, on the model's device.
struct TokenBatch {
    std::int64_t sequences = 0, length = 0;
    at::Tensor inputs;    ///< [T] int64
    at::Tensor targets;   ///< [T] int64, or undefined when only logits are wanted
    at::Tensor previous;  ///< [T] int64, -1 = none: token before each one, only where a pass continues a cached one
    at::Tensor domains{};  ///< [T] int64 labels, or undefined; only pinned domains ask for them
};

/// Keys and values of all layers and how many positions they hold.
struct Cache {
    std::vector<kernels::AttentionCache> layers;
    std::int64_t length = 0;
};

struct Pass {
    bool training = false;
    routing::Draws draws;                        ///< seed, step and micro-batch of router noise
    std::uint64_t dropoutDraw = 0;               ///< micro-batches since the start of the run
    std::span<const routing::RouterSpec> specs;  ///< routers as they are now, one for each layer with experts
    std::span<const at::Tensor> muted;           ///< [E] bool each, undefined = nobody; empty = nobody anywhere
    kernels::PartTimes* times = nullptr;
    Cache* cache = nullptr;
    std::function<void(const std::string& module, const at::Tensor& value)> inspect;  ///< called with the output of each block
};

struct PassResult {
    at::Tensor loss;        ///< scalar nats per token, in the graph; undefined without targets
    at::Tensor tokenLoss;   ///< [T] nats
    at::Tensor logits;      ///< [T, V]; only without targets
    std::vector<routing::Routing> routings;  ///< of each layer with experts
};

class Model {
public:
    /// `tokenCounts` [vocabulary] only matters to balanced hash routers.
    Model(const config::RunConfig& config, std::int64_t vocabulary, const at::TensorOptions& options, at::ScalarType compute,
          std::span<const std::int64_t> tokenCounts = {});

    PassResult forward(const TokenBatch& batch, const Pass& pass);

    std::vector<Parameter>& parameters() { return m_parameters; }
    const std::vector<Parameter>& parameters() const { return m_parameters; }
    std::vector<Buffer>& buffers() { return m_buffers; }
    /// Router tensors of each layer with experts; they share memory with parameters() and buffers().
    std::vector<routing::RouterTensors>& routers() { return m_routers; }
    std::int64_t vocabulary() const { return m_vocabulary; }
    std::int64_t parametersTotal() const;
    const at::TensorOptions& options() const { return m_options; }

private:
    struct Block {
        kernels::AttentionWeights attention;
        kernels::NormWeights norm;
        kernels::FeedForwardWeights dense;
        kernels::MixtureWeights mixture;
        std::int64_t moeIndex = -1;
    };
    class Builder;

    kernels::BlockContext contextOf(const TokenBatch& batch, const Pass& pass) const;
    at::Tensor runBlock(Block& block, std::int64_t layer, const at::Tensor& x, const TokenBatch& batch, const Pass& pass,
                        const kernels::BlockContext& context, std::vector<routing::Routing>& routings);
    at::Tensor cast(const at::Tensor& weight) const;

    config::ModelConfig m_config;
    std::int64_t m_vocabulary;
    at::TensorOptions m_options;
    at::ScalarType m_compute;
    std::vector<Parameter> m_parameters;
    std::vector<Buffer> m_buffers;
    std::vector<routing::RouterTensors> m_routers;
    std::vector<Block> m_blocks;
    at::Tensor m_embedding, m_head;
    kernels::NormWeights m_finalNorm;
    kernels::Activation m_activation;
};

}  // namespace moescope::model
