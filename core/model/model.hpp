// The decoder-only language model: embedding, blocks, head; its weights, and one pass over a batch of tokens.
//
// Every weight is kept in float32 (float64 in tests); matrix products run in `compute` (bf16 on a GPU, of copies made for
// the pass). Not thread-safe.
#pragma once

#include "core/model/network.hpp"

namespace moescope::model {

class Model : public Network {
public:
    /// `tokenCounts` [vocabulary] only matters to balanced hash routers.
    Model(const config::RunConfig& config, std::int64_t vocabulary, const at::TensorOptions& options, at::ScalarType compute,
          std::span<const std::int64_t> tokenCounts = {});

    PassResult forward(const TokenBatch& batch, const Pass& pass) override;

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
    at::ScalarType m_compute;
    double m_gateDropout = 0;
    std::vector<Block> m_blocks;
    at::Tensor m_embedding, m_head;
    kernels::NormWeights m_finalNorm;
    kernels::Activation m_activation;
};

}  // namespace moescope::model
