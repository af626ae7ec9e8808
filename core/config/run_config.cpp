// The default corpus.
#include "core/config/run_config.hpp"

namespace moescope::config {
namespace {

DomainConfig language(std::string name, std::string alphabet, std::int64_t seed) {
    return {"language",
            std::move(name),
            1,
            {{"alphabet", std::move(alphabet)},
             {"lexicon", std::int64_t{48}},
             {"branching", std::int64_t{4}},
             {"language_seed", seed}}};
}

}  // namespace

std::vector<DomainConfig> defaultDomains() {
    return {{"arithmetic", "arithmetic", 1, {{"digits", std::int64_t{2}}, {"ops", std::string("+-")}}},
            {"brackets", "brackets", 1, {{"kinds", std::int64_t{3}}, {"depth", std::int64_t{5}}}},
            {"copy",
             "copy",
             1,
             {{"alphabet", std::string("latin_u_z")}, {"length", std::int64_t{6}}, {"rule", std::string("copy")}}},
            language("latin_1", "latin_a_j", 1),
            language("latin_2", "latin_k_t", 2),
            language("greek", "greek", 3),
            {"dates", "dates", 1, {}},
            {"code", "code", 1, {}}};
}

}  // namespace moescope::config
