// The precompiled header of everything that uses LibTorch: what core/tensor.hpp includes. Keep it small.
#pragma once

#include "core/tensor.hpp"
