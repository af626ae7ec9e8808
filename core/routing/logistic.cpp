// One element at a time on CPUs; other devices compute so anyway.
#include "core/tensor.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "core/routing/logistic.hpp"

namespace moescope::routing {

namespace {

constexpr std::int64_t kGrain = 8192;

at::Tensor byElement(const at::Tensor& z) {
    const at::Tensor from = z.contiguous();
    at::Tensor out = at::empty_like(from);
    AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "logistic", [&] {
        const scalar_t* in = from.const_data_ptr<scalar_t>();
        scalar_t* to = out.mutable_data_ptr<scalar_t>();
        at::parallel_for(0, from.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) to[i] = 1 / (1 + std::exp(-in[i]));
        });
    });
    return out;
}

struct Logistic : torch::autograd::Function<Logistic> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& z) {
        const at::Tensor s = byElement(z);
        context->save_for_backward({s});
        return s;
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
        const at::Tensor s = context->get_saved_variables()[0];
        return {gradients[0] * (s * (1 - s))};
    }
};

}  // namespace

at::Tensor logistic(const at::Tensor& z) { return z.device().is_cpu() ? Logistic::apply(z) : z.sigmoid(); }

}  // namespace moescope::routing
