// The list of what single routers measure of themselves.
#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/telemetry/step_telemetry.hpp"

namespace moescope::telemetry {

std::span<const Metric> measures() {
    using enum Shape;
    constexpr double inf = std::numeric_limits<double>::infinity();
    static constexpr std::array kAll{
        Metric{"candidate_experts", "experts", "SparseMixer: experts that could have been sampled for a token's first slot, mean.", layer, 1, inf},
        Metric{"sampled_other", "share", "SparseMixer: slots whose sampled expert is not the best one.", layer, 0, 1},
        Metric{"reroute_rank", "", "Rerouting: which of its wishes a placed slot got, mean; 1 = its first.", layer, 1, inf},
        Metric{"recycle_rate", "share", "Recycling: tokens that found their expert full and were given another one by chance.", layer, 0, 1},
        Metric{"saturated_bits", "share", "DSelect-k: share of selector bits that are exactly 0 or 1.", layer, 0, 1},
        Metric{"slot_dispatch", "share", "Soft MoE: largest share a token has in a slot's mixture, mean over slots; 1/length when all tokens count alike, 1 when one token fills the slot.", layer, 0, 1},
        Metric{"slot_combine", "share", "Soft MoE: largest share a slot has in a token's output, mean over tokens; 1 when one slot alone answers.", layer, 0, 1},
        Metric{"slot_similarity", "", "Soft MoE: mean cosine between the slots' mixtures of a sequence; above 0.9 they have collapsed into one.", layer, -1, 1},
        Metric{"regret", "logits", "Dealing tokens out evenly: the best expert's score minus that of the expert it got, mean; 0 where everyone gets the best.", layer, 0, inf},
        Metric{"moved_share", "share", "Dealing tokens out evenly: tokens whose first expert is not the one they score highest.", layer, 0, 1},
        Metric{"noise_std", "logits", "Noisy top-k: learned standard deviation of the noise, mean over tokens and experts; 0.70 at the start.", layer, 0, inf},
        Metric{"logit_scale", "", "Cosine router: the learned factor of the cosines, at most 100; logits lie within plus and minus it.", layer, 0, 100},
        Metric{"penalty_mean", "score", "Capacity-aware choice: what an expert loses in the choice for being full, mean over experts.", layer, 0, inf},
        Metric{"leave_rate", "share", "Topology-aware gate: tokens that use an expert outside their own group.", layer, 0, 1},
    };
    return kAll;
}

std::size_t measureIndex(std::string_view name) {
    const auto found = std::ranges::find(measures(), name, &Metric::name);
    if (found == measures().end()) throw base::Error(base::ExitCode::usage, "telemetry.measure", "no router measures this", std::string(name), "add it to the list in core/telemetry/measures.cpp");
    return static_cast<std::size_t>(found - measures().begin());
}

}  // namespace moescope::telemetry
