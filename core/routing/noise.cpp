// Draws for the stages: those given with the input, else those of the counter-based streams.
#include "core/tensor.hpp"

#include "core/routing/draws.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routing {

at::Tensor normalDraws(const RouterSpec& spec, const RouterInput& input, at::IntArrayRef shape, const at::Tensor& like) {
    if (input.noise.defined()) return input.noise.to(like.options());
    return drawNormal(drawKey(spec, input.draws, base::Purpose::routerNoise), input.draws.micro, shape, like.options());
}

at::Tensor uniformDraws(const RouterSpec& spec, const RouterInput& input, base::Purpose purpose, at::IntArrayRef shape,
                        const at::Tensor& like) {
    if (input.uniform.defined()) return input.uniform.to(like.options());
    return drawUniform(drawKey(spec, input.draws, purpose), input.draws.micro, shape, like.options());
}

at::Tensor gumbelDraws(const RouterSpec& spec, const RouterInput& input, base::Purpose purpose, at::IntArrayRef shape,
                       const at::Tensor& like) {
    if (input.gumbel.defined()) return input.gumbel.to(like.options());
    return drawGumbel(drawKey(spec, input.draws, purpose), input.draws.micro, shape, like.options());
}

}  // namespace moescope::routing
