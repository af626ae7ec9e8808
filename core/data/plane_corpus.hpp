// The toy problems on the plane: points with a class or a value, each a function of (seed, number of the point).
//
// quadrants, stripes  a value that follows another linear rule in each quadrant or stripe; noise is added to the value
// spirals, xor        the class of a point; noise moves the point after its class is fixed
// A batch has `sequences` * `length` points. Its domains are the quadrants, stripes or arms a point comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/data/corpus.hpp"

namespace moescope::data {

/// Points lie in -1..1 but for the noise; pictures of the plane show -kPlaneEdge..kPlaneEdge.
inline constexpr double kPlaneEdge = 1.1;

/// `config` must be valid and of the family plane.
std::shared_ptr<const Corpus> makePlaneCorpus(const config::RunConfig& config);

/// True where a class is learned, false where a value is.
bool learnsClasses(std::string_view problem);

/// The value at (x, y) without noise, for problems with values.
double planeValue(std::string_view problem, double x, double y);

}  // namespace moescope::data
