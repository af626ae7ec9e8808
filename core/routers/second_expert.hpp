// What all policies for the second of two experts share.
#pragma once

#include "core/routers/router.hpp"

namespace moescope::routers {

inline bool secondIsRandom(const RouterSpec& spec, const RouterInput& input) {
    return spec.secondScale > 0 && (input.training || spec.noiseAtEvaluation);
}

inline void checkSecond(const RouterSpec& spec, base::Problems& problems) {
    if (spec.topK != 2 || spec.select != Select::topk)
        problems.push_back({"router.noise", "A random second expert needs exactly two experts per token: set moe.top_k to 2."});
    if (spec.groupRule == GroupRule::perGroup)
        problems.push_back({"router.group_rule", "per_group fixes both choices; take none or a group limit beside a random second expert."});
}

}  // namespace moescope::routers
