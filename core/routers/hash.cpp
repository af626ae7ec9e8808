// Hash layers (Roller et al. 2021, 2106.04426): a fixed table from token ids to experts; nothing is learned.
#include "core/tensor.hpp"

#include <algorithm>
#include <numeric>

#include "core/base/counter_random.hpp"
#include "core/base/error.hpp"
#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

constexpr std::int64_t kPairRows = 65521;  // prime

struct HashOptions {
    std::string table = "random";

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::choice("table", "Hash table", "random|balanced|bigram",
                                     "Which expert a token has: drawn at random, dealt out so that all are equally busy, or drawn for each pair with the token before."),
              self.table);
    }
};

HashOptions optionsOf(const RouterSpec& spec) { return readOptions<HashOptions>(spec.options); }

std::int64_t rowsOf(const RouterSpec& spec, std::int64_t vocabulary) {
    return optionsOf(spec).table == "bigram" ? kPairRows : vocabulary;
}

// k different experts of each row: the first k of a shuffle by draws of its own.
void drawRow(const base::RandomStream& stream, std::int64_t row, std::vector<std::int64_t>& experts, std::int64_t k, std::int64_t* out) {
    std::iota(experts.begin(), experts.end(), 0);
    const auto size = static_cast<std::int64_t>(experts.size());
    for (std::int64_t slot = 0; slot < k; ++slot) {
        const auto index = static_cast<std::uint64_t>(row * size + slot);
        const auto other = slot + static_cast<std::int64_t>(stream.below(index, static_cast<std::uint64_t>(size - slot)));
        std::swap(experts[static_cast<std::size_t>(slot)], experts[static_cast<std::size_t>(other)]);
        out[slot] = experts[static_cast<std::size_t>(slot)];
    }
}

void fillRandom(const RouterSpec& spec, const TableSource& source, std::int64_t rows, std::int64_t* out) {
    const base::RandomStream stream({source.seed, base::Purpose::hashRouter, static_cast<std::uint32_t>(spec.layer), 0});
    std::vector<std::int64_t> experts(static_cast<std::size_t>(spec.experts));
    for (std::int64_t row = 0; row < rows; ++row) drawRow(stream, row, experts, spec.topK, out + row * spec.topK);
}

// Tokens by falling frequency, each to the k least loaded experts (ties to the lowest).
void fillBalanced(const RouterSpec& spec, std::span<const std::int64_t> counts, std::int64_t* out) {
    std::vector<std::size_t> tokens(counts.size());
    std::iota(tokens.begin(), tokens.end(), std::size_t{0});
    std::ranges::stable_sort(tokens, [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
    std::vector<std::int64_t> load(static_cast<std::size_t>(spec.experts)), order(load.size());
    for (const std::size_t token : tokens) {
        std::iota(order.begin(), order.end(), 0);
        std::ranges::stable_sort(order, {}, [&](std::int64_t e) { return load[static_cast<std::size_t>(e)]; });
        for (std::int64_t slot = 0; slot < spec.topK; ++slot) {
            const std::int64_t expert = order[static_cast<std::size_t>(slot)];
            out[static_cast<std::int64_t>(token) * spec.topK + slot] = expert;
            load[static_cast<std::size_t>(expert)] += counts[token];
        }
    }
}

at::Tensor makeTable(const RouterSpec& spec, const ParameterDecl& decl, Sizes sizes, const TableSource& source) {
    at::Tensor table = at::empty(decl.shape, at::TensorOptions().dtype(at::kLong));
    std::int64_t* rows = table.mutable_data_ptr<std::int64_t>();
    if (optionsOf(spec).table != "balanced") {
        fillRandom(spec, source, decl.shape[0], rows);
        return table;
    }
    if (static_cast<std::int64_t>(source.tokenCounts.size()) != sizes.vocabulary)
        throw base::Error(base::ExitCode::usage, "router.counts", "a balanced hash table needs to know how often each token occurs",
                          "router.options.table", "use it where there is a text to count, or take random");
    fillBalanced(spec, source.tokenCounts, rows);
    return table;
}

at::Tensor previousTokens(const RouterInput& input) {
    if (input.previousTokenIds.defined()) return input.previousTokenIds;
    const at::Tensor rows = input.tokenIds.reshape({input.sequences, -1});
    const at::Tensor first = at::full({rows.size(0), 1}, -1, rows.options());
    return at::cat({first, rows.narrow(1, 0, rows.size(1) - 1)}, 1).reshape({-1});
}

// Row of the table: the token, or a hash of it and the one before.
at::Tensor tableRows(const RouterSpec& spec, const RouterInput& input) {
    if (optionsOf(spec).table != "bigram") return input.tokenIds;
    return (input.tokenIds * 40503 + previousTokens(input) + 1).remainder(kPairRows);
}

Choice lookUp(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores&) {
    if (!input.tokenIds.defined())
        throw base::Error(base::ExitCode::usage, "router.tokens", "a hash router needs the token ids", "token_ids", "give one id per token");
    const at::Tensor& table = tensors.at("table");
    Choice choice;
    choice.experts = table.index_select(0, tableRows(spec, input));
    return choice;
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.bias) problems.push_back({"router.bias", "A hash router has no logits to add a bias to: set it to false."});
}

}  // namespace

const Router& routerhash() {
    static const Router router = [] {
        Router r;
        r.id = "hash";
        r.title = "Hash layer";
        r.source = "Roller et al. 2021, arXiv 2106.04426";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::hash; };
        r.options = [] { return describeOptions<HashOptions>("hash"); };
        r.checkOptions = checkOptions<HashOptions>;
        r.check = check;
        r.declare = [](const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
            out.push_back({"table", {rowsOf(spec, sizes.vocabulary), spec.topK}, routing::Init::table, 0, false, true});
        };
        r.table = makeTable;
        r.choose = lookUp;
        r.curves = {"imbalance"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
