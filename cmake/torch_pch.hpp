// The precompiled header of everything that uses LibTorch. Keep it small: torch/torch.h would double the build.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>
