// Which MoEScope this is.
#pragma once

#include <string_view>

namespace moescope::base {

/// The release, for example "0.1.0". Thread-safe; the text lives as long as the program.
std::string_view version();

/// The commit the build was made from, 12 hexadecimal digits, with "+changes" appended when the checkout had
/// uncommitted changes; "unknown" when it was not built from a git checkout.
std::string_view commit();

}  // namespace moescope::base
