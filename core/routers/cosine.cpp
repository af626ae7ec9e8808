// Cosine router (Tutel, X-MoE): the logit is the cosine to a learned direction times a learned, bounded scale.
#include "core/tensor.hpp"

#include <cmath>

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

struct CosineOptions {
    std::int64_t projection = 256;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("projection", "Projection width", "", "Width of the space in which angles are measured.", 1, 65536), self.projection);
    }
};

at::Tensor unit(const at::Tensor& rows) { return rows / rows.norm(2, {1}, true).clamp_min(1e-12); }

at::Tensor scaleOf(const RouterTensors& tensors) { return tensors.at("theta").clamp_max(std::log(100.0)).exp(); }

// z_e = cos(W x + b, m_e) exp(min(theta, ln 100)), so |z| <= 100.
at::Tensor cosineLogits(const RouterSpec&, const RouterTensors& tensors, const at::Tensor& features) {
    const auto type = features.scalar_type();
    const at::Tensor projected = at::linear(features, tensors.at("projection").to(type), tensors.at("projection_bias").to(type));
    const at::Tensor cosine = at::linear(unit(projected), unit(tensors.at("directions").to(type)));
    return cosine * scaleOf(tensors).to(type);
}

void declare(const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
    const std::int64_t projection = readOptions<CosineOptions>(spec.options).projection;
    const bool trainable = !spec.frozen;
    const double fan = 1 / std::sqrt(static_cast<double>(sizes.width));
    out.push_back({"projection", {projection, sizes.width}, routing::Init::normal, fan, trainable});
    out.push_back({"projection_bias", {projection}, routing::Init::zeros, 0, trainable});
    out.push_back({"directions", {spec.experts, projection}, routing::Init::normal, 0.01, trainable, false, /*perExpert=*/true});
    out.push_back({"theta", {1}, routing::Init::constant, std::log(2.0), trainable});
}

void attach(const RouterSpec&, const RouterTensors& tensors, const RouterInput&, const Scores&, routing::Routing& routing) {
    if (tensors.has("theta")) routing.measured.push_back({"logit_scale", scaleOf(tensors).detach().to(at::kDouble).mean()});
}

}  // namespace

const Router& routercosine() {
    static const Router router = [] {
        Router r;
        r.id = "cosine";
        r.title = "Cosine router";
        r.source = "Chi et al. 2022 (X-MoE), arXiv 2204.09179; Tutel";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::cosine; };
        r.options = [] { return describeOptions<CosineOptions>("cosine"); };
        r.checkOptions = checkOptions<CosineOptions>;
        r.declare = declare;
        r.logits = cosineLogits;
        r.attach = attach;
        r.curves = {"logit_scale"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
