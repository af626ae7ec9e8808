// Mixture: the domains of generated text, their shares, and how they take turns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"
#include "core/data/domains/family.hpp"

namespace moescope::data {

inline constexpr std::size_t kMostDomains = 64;

struct Domain {
    std::string name;
    double share = 0;  ///< weight / sum of weights
    std::shared_ptr<const Family> family;
    std::string identity;  ///< family and all its options, defaults included
    std::uint64_t documents = 0;  ///< training takes its text from so many documents, over and over; 0 = each is new
};

/// Where a sequence may pass to another domain: after a document, after a unit, or after so many characters.
struct Alternation {
    enum class Unit { document, sentence, characters } unit = Unit::document;
    std::size_t characters = 0;
};

struct Mixture {
    std::vector<Domain> domains;     ///< 1 .. kMostDomains
    std::vector<double> cumulative;  ///< of the shares
    Alternation alternation;
    std::size_t documentLength = 64;
};

/// Nothing, and why in `problems`, when `data` describes no mixture.
std::optional<Mixture> makeMixture(const config::DataConfig &data, base::Problems &problems);

}  // namespace moescope::data
