// The grammar of the family `code`.
#pragma once

#include <vector>

#include "core/data/domains/grammar.hpp"

namespace moescope::data {

/// Weights of the three kinds of lines, not all 0. No text has two derivations.
std::vector<Rule> codeRules(double c, double json, double csv);

}  // namespace moescope::data
