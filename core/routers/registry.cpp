// The table of routers, from the listing of this folder.
#include "core/tensor.hpp"

#include <array>

#include "core/routers/router.hpp"

namespace moescope::routers {

#define MOESCOPE_ROUTER_FILE(name) const Router& router##name();
#include "core/routers/router_files.inc"
#undef MOESCOPE_ROUTER_FILE

std::span<const Router* const> table() {
#define MOESCOPE_ROUTER_FILE(name) &router##name(),
    static const std::array routers = {
#include "core/routers/router_files.inc"
    };
#undef MOESCOPE_ROUTER_FILE
    return routers;
}

}  // namespace moescope::routers
