// Network: what a trainer asks of a model, whatever its family: a pass over a batch, and the weights by name.
//
// Every weight is kept in float32 (float64 in tests). Not thread-safe.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <functional>
#include <memory>
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
    at::Tensor points = {};  ///< plane: [T, 2]; inputs are then numbers of points, targets classes
    at::Tensor values = {};  ///< plane with values to learn: [T, 1]
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

class Network {
public:
    virtual ~Network() = default;

    virtual PassResult forward(const TokenBatch& batch, const Pass& pass) = 0;
    /// True where fit() takes the place of gradients and optimizer.
    virtual bool fitsByItself() const { return false; }
    /// One step on a batch with targets; nothing where fitsByItself() is false.
    virtual void fit(const TokenBatch&, const Pass&) {}

    std::vector<Parameter>& parameters() { return m_parameters; }
    const std::vector<Parameter>& parameters() const { return m_parameters; }
    std::vector<Buffer>& buffers() { return m_buffers; }
    /// Router tensors of each layer with experts; they share memory with parameters() and buffers().
    std::vector<routing::RouterTensors>& routers() { return m_routers; }
    std::int64_t vocabulary() const { return m_vocabulary; }  ///< outputs
    std::int64_t parametersTotal() const;
    const at::TensorOptions& options() const { return m_options; }

protected:
    Network(std::int64_t vocabulary, const at::TensorOptions& options) : m_vocabulary(vocabulary), m_options(options) {}
    /// Declares the router of `layer`, its tensors named "<prefix>gate.<name>", and appends it to routers().
    void addRouter(const config::RunConfig& config, std::int64_t layer, std::int64_t width, const std::string& prefix,
                   std::span<const std::int64_t> tokenCounts);

    std::int64_t m_vocabulary;
    at::TensorOptions m_options;
    std::vector<Parameter> m_parameters;
    std::vector<Buffer> m_buffers;
    std::vector<routing::RouterTensors> m_routers;
};

/// The network of `config.model.family`. `vocabulary` is that of the data; `tokenCounts` [vocabulary] only matters to
/// balanced hash routers.
std::unique_ptr<Network> makeNetwork(const config::RunConfig& config, std::int64_t vocabulary, const at::TensorOptions& options,
                                     at::ScalarType compute, std::span<const std::int64_t> tokenCounts);

}  // namespace moescope::model
