// Declares a model's weights: shapes, names, first values.
#pragma once

#include "core/model/model.hpp"

namespace moescope::model {

class Model::Builder {
public:
    Builder(Model& model, const config::RunConfig& config, std::span<const std::int64_t> tokenCounts);
    void build();

private:
    void buildBlock(std::int64_t layer);
    void buildMixture(std::int64_t layer, Block& block);
    void addResidualGate(const std::string& prefix, kernels::MixtureWeights& mixture);
    void addConstantExperts(const std::string& prefix, kernels::MixtureWeights& mixture);
    kernels::AttentionWeights attention(const std::string& prefix);
    kernels::NormWeights norm(const std::string& name, std::int64_t width);
    kernels::FeedForwardWeights feedForward(const std::string& prefix, std::int64_t hidden);
    kernels::ExpertWeights experts(const std::string& prefix, std::int64_t count, std::int64_t hidden);
    at::Tensor matrix(const std::string& name, std::vector<std::int64_t> shape, std::vector<Part> parts, double std);
    at::Tensor add(Parameter parameter);
    std::vector<std::string> inwardNames() const;

    Model& m_model;
    const config::RunConfig& m_config;
    std::span<const std::int64_t> m_tokenCounts;
    std::uint64_t m_seed;
    double m_std, m_outwardStd;
};

}  // namespace moescope::model
