// What all families share: routers among the weights, and the choice of the family.
#include "core/model/network.hpp"

#include "core/config/derived.hpp"
#include "core/model/model.hpp"
#include "core/model/plane_model.hpp"

namespace moescope::model {

std::int64_t Network::parametersTotal() const {
    std::int64_t total = 0;
    for (const Parameter& parameter : m_parameters) total += parameter.value.numel();
    return total;
}

void Network::addRouter(const config::RunConfig& config, std::int64_t layer, std::int64_t width, const std::string& prefix,
                        std::span<const std::int64_t> tokenCounts) {
    const routing::RouterSpec spec = routing::makeSpec(config, layer);
    const auto seed = static_cast<std::uint64_t>(config.training.seed);
    routing::RouterTensors tensors = routing::createTensors(spec, width, m_vocabulary, seed, tokenCounts);
    for (const routing::ParameterDecl& declared : routing::declareTensors(spec, width, m_vocabulary)) {
        at::Tensor& value = tensors.tensors.at(declared.name);
        const std::string name = prefix + "gate." + declared.name;
        value = declared.integer ? value.to(m_options.device()) : value.to(m_options);
        if (!declared.trainable) {
            m_buffers.push_back({name, value});
            continue;
        }
        value.set_requires_grad(true);
        m_parameters.push_back({name, value, declared.shape.size() > 1, whole(name, declared.shape)});
    }
    m_routers.push_back(std::move(tensors));
}

std::unique_ptr<Network> makeNetwork(const config::RunConfig& config, std::int64_t vocabulary, const at::TensorOptions& options,
                                     at::ScalarType compute, std::span<const std::int64_t> tokenCounts) {
    if (config::isPlane(config)) return std::make_unique<PlaneModel>(config, vocabulary, options);
    return std::make_unique<Model>(config, vocabulary, options, compute, tokenCounts);
}

}  // namespace moescope::model
