// The input of a router by hand, read and checked: configuration, one table of logits a layer, draws, state.
#pragma once

#include "core/tensor.hpp"

#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/routing/routing.hpp"

namespace moescope::routing {

struct TableInput {
    std::vector<RouterSpec> specs;  ///< one a table
    std::vector<RouterInput> inputs;
    RouterTensors tensors;
    std::vector<double> quantiles;
    std::int64_t sequences = 1;
    bool training = true;
    at::Tensor taskGradient;  ///< [T, slots] of the first table, or undefined
    at::Tensor domains;       ///< [T] int64, or undefined
    std::int64_t domainCount = 0;
};

/// A buffer of a router under the name that it has in the JSON.
struct StateName {
    std::string_view key, tensor;
    bool negative = false;  ///< the JSON has the other sign
};
std::vector<StateName> statesOf(const RouterSpec& spec);

/// Problems leave the result unusable; broken numbers throw base::Error (exit 3).
TableInput readTable(const nlohmann::json& object, base::Problems& problems);

}  // namespace moescope::routing
