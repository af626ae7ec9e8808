// What it costs tokens to be dealt out evenly, for routers that do not give everyone its best expert.
#pragma once

#include "core/tensor.hpp"

#include <vector>

#include "core/routers/router.hpp"

namespace moescope::routers {

/// "regret" and "moved_share" of the first choices: `score` [T, E], -inf = closed; `experts` [T, slots]. No gradient.
inline std::vector<Measured> moved(const at::Tensor& score, const at::Tensor& experts) {
    if (score.size(0) == 0) return {};
    const at::Tensor first = experts.narrow(1, 0, 1).clamp_min(0), best = score.argmax(1, true);
    const at::Tensor lost = score.gather(1, best) - score.gather(1, first);
    return {{"regret", lost.to(at::kDouble).mean()}, {"moved_share", first.ne(best).to(at::kDouble).mean()}};
}

}  // namespace moescope::routers
