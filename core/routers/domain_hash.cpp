// Random routed experts (PanGu-Sigma, Ren et al. 2023, 2303.10845): the domain names a group of experts, a fixed table one of them.
//
// e = start(g) + table_layer[token] mod size(g), g = domain mod groups: contiguous groups, as many as domains unless router.groups
// says otherwise, their sizes equal to one. Nothing is learned, w = 1, and a layer's table is its own. A token without a
// domain (a text of which none is known) is spread over all experts: table_layer[token] mod E.
#include "core/tensor.hpp"

#include "core/base/counter_random.hpp"
#include "core/base/error.hpp"
#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

constexpr std::uint64_t kRange = std::uint64_t{1} << 31;

at::Tensor makeTable(const RouterSpec& spec, const ParameterDecl& decl, Sizes, const TableSource& source) {
    const base::RandomStream stream({source.seed, base::Purpose::hashRouter, static_cast<std::uint32_t>(spec.layer), 0});
    at::Tensor table = at::empty(decl.shape, at::TensorOptions().dtype(at::kLong));
    auto* rows = table.mutable_data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < table.numel(); ++row) rows[row] = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(row), kRange));
    return table;
}

// [groups + 1, 2]: first expert and size of each group; the last row, of no domain, is everybody.
at::Tensor groupsOf(const RouterSpec& spec, const at::Device& device) {
    const std::int64_t groups = std::min(spec.groups, spec.experts);
    std::vector<std::int64_t> rows;
    for (std::int64_t g = 0; g < groups; ++g) {
        const std::int64_t begin = g * spec.experts / groups;
        rows.insert(rows.end(), {begin, (g + 1) * spec.experts / groups - begin});
    }
    rows.insert(rows.end(), {0, spec.experts});
    return at::tensor(rows, at::kLong).reshape({-1, 2}).to(device);
}

at::Tensor groupOfToken(const RouterSpec& spec, const RouterInput& input) {
    const std::int64_t groups = std::min(spec.groups, spec.experts);
    if (!input.domains.defined()) return at::full_like(input.tokenIds, groups);
    return at::where(input.domains.ge(0), input.domains.remainder(groups), groups);
}

Choice lookUp(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores&) {
    if (!input.tokenIds.defined())
        throw base::Error(base::ExitCode::usage, "router.tokens", "a router by domain and token needs the token ids", "token_ids", "give one id per token");
    const at::Tensor rows = groupsOf(spec, input.tokenIds.device()).index_select(0, groupOfToken(spec, input));
    const at::Tensor place = tensors.at("table").index_select(0, input.tokenIds).remainder(rows.select(1, 1));
    Choice choice;
    choice.experts = rows.select(1, 0).add(place).unsqueeze(1);
    return choice;
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.bias) problems.push_back({"router.bias", "A table has no logits to add a bias to: set it to false."});
    if (spec.topK != 1) problems.push_back({"moe.top_k", "A table by domain names one expert for each token: set it to 1."});
}

}  // namespace

const Router& routerdomain_hash() {
    static const Router router = [] {
        Router r;
        r.id = "domain_hash";
        r.title = "Random routed experts by domain";
        r.source = "Ren et al. 2023 (PanGu-Sigma), arXiv 2303.10845";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::domainHash; };
        r.check = check;
        r.declare = [](const RouterSpec&, Sizes sizes, std::vector<ParameterDecl>& out) {
            out.push_back({"table", {sizes.vocabulary}, routing::Init::table, 0, false, true});
        };
        r.table = makeTable;
        r.choose = lookUp;
        r.curves = {"imbalance"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
