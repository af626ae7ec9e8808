// An error as JSON: what stands under "error" of an answer, in every verb.
#pragma once

#include "app/engine/context.hpp"
#include "core/base/error.hpp"

namespace moescope::app {

/// {"code", "what", "where", "advice"}
inline Json errorJson(const base::Error& error) {
    return {{"code", error.code()}, {"what", error.happened()}, {"where", error.where()}, {"advice", error.advice()}};
}

}  // namespace moescope::app
