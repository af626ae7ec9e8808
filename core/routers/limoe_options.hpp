// The number that the entropy losses need beside their coefficients.
#pragma once

#include "core/routers/options.hpp"

namespace moescope::routers {

struct LimoeOptions {
    double domainExperts = 2;  ///< tau = ln of it

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        using config::detail::number;
        visit(number("domain_experts", "Experts of a domain", "experts", "entropy_global lets a domain use fewer experts than this only at a price.", 1, 1024), self.domainExperts);
    }
};

}  // namespace moescope::routers
