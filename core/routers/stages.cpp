// The shared stages' own options; every router may use them.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"
#include "core/routers/stage_options.hpp"

namespace moescope::routers {

const Router& routerstages() {
    static const Router router = [] {
        Router r;
        r.id = "stages";
        r.title = "Top-k over shared stages";
        r.source = "Mixtral, OLMoE, DeepSeek, Grok-1, Switch: declarations over the stages";
        r.claims = [](const RouterSpec&) { return true; };
        r.options = [] { return describeOptions<StageOptions>("stages"); };
        r.checkOptions = checkOptions<StageOptions>;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
