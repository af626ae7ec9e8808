// Numbers that shared stages need beside the settings everyone has.
#pragma once

#include "core/config/fields.hpp"

namespace moescope::routers {

struct StageOptions {
    double lambda = 1;       ///< transform normalise: standard deviation of a token's logits
    double temperature = 1;  ///< transform temperature: the logits are divided by it
    double p = 2;            ///< weigh Lp

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        using config::detail::number;
        visit(number("lambda", "Normalised spread", "logits", "Standard deviation of a token's logits after normalising.", 1e-6, 1e6), self.lambda);
        visit(number("temperature", "Logit temperature", "", "The logits are divided by this.", 1e-6, 1e6), self.temperature);
        visit(number("p", "Norm p", "", "Weights are divided by their p-norm.", 1e-3, 1000), self.p);
    }
};

}  // namespace moescope::routers
