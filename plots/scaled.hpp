// Scaled: lengths that hold text and so grow with it, for the projector. Thread: the GUI thread only.
#pragma once

#include "plots/theme.hpp"

#include <cmath>

namespace moescope::plots {

// `px` at the usual text size, in pixels at the size in use; setFontScale() comes before.
inline int scaled(double px) { return int(std::lround(px * fontScale())); }

}  // namespace moescope::plots
