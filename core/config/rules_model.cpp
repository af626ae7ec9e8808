// Rules of the model and of its size.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/numbers.hpp"
#include "core/config/derived.hpp"
#include "core/config/rules.hpp"

namespace moescope::config::rules {
namespace {

constexpr double kMostParameters = 7.5e9;
constexpr double kMostBytes = 281474976710656.0;  // 2^48
constexpr std::int64_t kMostTokens = std::int64_t{1} << 31;

std::int64_t divisorBelow(std::int64_t n, std::int64_t wanted) {
    for (std::int64_t d = std::min(n, wanted); d > 1; --d) {
        if (n % d == 0) return d;
    }
    return 1;
}

}  // namespace

void checkModel(const RunConfig& c, base::Problems& problems) {
    const ModelConfig& m = c.model;
    if (m.head_width == 0 && m.width % m.heads != 0) {
        refuse(
            problems, "model.heads",
            fmt::format(
                "model.heads is {} and model.width {}: heads share the width equally, so it must divide it; {} would.",
                m.heads, m.width, divisorBelow(m.width, m.heads)));
        return;
    }
    if (headWidth(m) % 2 != 0) {
        refuse(problems, m.head_width > 0 ? "model.head_width" : "model.heads",
               fmt::format("One head is {} wide, but rotary positions turn pairs of numbers, so its width must be "
                           "even; change model.width, model.heads or model.head_width.",
                           headWidth(m)));
    }
    if (m.heads % kvHeads(m) != 0) {
        refuse(problems, "model.kv_heads",
               fmt::format("model.kv_heads is {} and model.heads {}: each key/value head serves as many query heads, "
                           "so it must divide them; {} would.",
                           m.kv_heads, m.heads, divisorBelow(m.heads, m.kv_heads)));
    }
    if (m.vocabulary == 1)
        refuse(problems, "model.vocabulary",
               "model.vocabulary is 1: with a single token there is nothing to predict; use 0 (as the data has) or at "
               "least 2.");
}

void checkSize(const RunConfig& c, base::Problems& problems) {
    constexpr std::int64_t assumedVocabulary = 256;
    const double parameters = static_cast<double>(cost(c, assumedVocabulary).paramsTotal);
    if (parameters > kMostParameters) {
        refuse(problems, "model.width",
               fmt::format("The model would have {} billion parameters; at most {} billion are supported. Make "
                           "model.width, model.layers, moe.experts or moe.expert_width smaller.",
                           base::toFixed(parameters / 1e9, 1), base::toFixed(kMostParameters / 1e9, 1)));
        return;
    }
    const std::int64_t tokens = c.training.batch * c.model.context;
    if (tokens > kMostTokens) {
        refuse(problems, "training.batch",
               fmt::format("training.batch x model.context is {} tokens in one micro-batch, more than can be numbered; "
                           "make one smaller and use training.accumulate.",
                           tokens));
        return;
    }
    const double bytes = memoryBytes(c, assumedVocabulary);
    if (bytes >= kMostBytes) {
        refuse(problems, "training.batch",
               fmt::format(
                   "A step would need about {} GB of memory; make training.batch, model.context or the model smaller.",
                   base::toFixed(bytes / 1e9, 0)));
    }
}

}  // namespace moescope::config::rules
