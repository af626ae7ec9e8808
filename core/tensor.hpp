// The one way to LibTorch's tensors and their autograd; precompiled, so include it first and never torch/torch.h.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>
