// LIMoE (Mustafa et al. 2022, 2206.02770): tokens of a domain are each sure of an expert, and together use several.
//
// entropy_local: sum over domains m of mean_{t in m} H(p_t). entropy_global: sum over m of max(0, tau - H(mean_{t in m} p_t)),
// tau = ln domain_experts. A domain without tokens in the batch is skipped. The labels are those of the data.
#include "core/tensor.hpp"

#include "core/routers/limoe_options.hpp"
#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

void check(const RouterSpec& spec, base::Problems& problems) {
    const double wanted = readOptions<LimoeOptions>(spec.options).domainExperts;
    if (wanted > static_cast<double>(spec.experts))
        problems.push_back({"router.options.domain_experts", "A domain cannot use " + base::toText(wanted) + " experts where there are " + std::to_string(spec.experts) + ": make it smaller."});
}

}  // namespace

const Router& routerlimoe() {
    static const Router router = [] {
        Router r;
        r.id = "limoe";
        r.title = "Entropy losses by domain";
        r.source = "Mustafa et al. 2022, arXiv 2206.02770";
        r.claims = routing::needsDomains;
        r.options = [] { return describeOptions<LimoeOptions>("limoe"); };
        r.checkOptions = checkOptions<LimoeOptions>;
        r.check = check;
        r.curves = {"router_entropy", "marginal_entropy"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
