// One number for a set of tensors: equal digests mean equal bits.
#pragma once

#include "core/base/hash.hpp"
#include "core/checkpoint/safetensors.hpp"

#include <span>

namespace moescope::checkpoint {

// XXH3-128 over the tensors in name order (bytes compared), each as: name, type name, rank, dimensions, data; texts go in with
// their length before them. The order of `tensors` does not matter, the names must differ.
base::Hash128 digest(std::span<const NamedTensor> tensors);

// The same of a file's tensors, read in pieces of 8 MB: equal to digest() of what was written.
base::Hash128 digest(const SafetensorsFile& file);

}  // namespace moescope::checkpoint
