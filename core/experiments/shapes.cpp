// Experiments on the shape of a mixture: granularity, shared experts, and mixtures against dense models.
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/counter_random.hpp"
#include "core/experiments/readings.hpp"
#include "core/experiments/tables.hpp"
#include "core/routing/route_table.hpp"

namespace moescope::experiments {
namespace {

using nlohmann::json;

json weightsOf(const char* score, const json& logits) {
    base::Problems problems;
    const json question{{"config", {{"moe.experts", 64}, {"moe.top_k", 8}, {"router.score", score}, {"router.weigh", "renorm"}}}, {"logits", logits}};
    const std::string answer = routing::routeTable(question.dump(), problems);
    return problems.empty() ? json::parse(answer).at("weights") : json();
}

/// Largest difference between the weights of softmax before top-k with renormalising and of softmax after top-k.
double orderOfSoftmax() {
    json logits = json::array();
    for (int token = 0; token < 64; ++token) {
        logits.push_back(json::array());
        for (int expert = 0; expert < 64; ++expert) logits.back().push_back(base::normal({7, base::Purpose::test}, static_cast<std::uint64_t>(64 * token + expert)));
    }
    const json before = weightsOf("softmax_all", logits), after = weightsOf("softmax_selected", logits);
    double largest = before.size() == 64 && after.size() == 64 ? 0 : INFINITY;
    for (std::size_t token = 0; token < before.size() && token < after.size(); ++token)
        for (std::size_t slot = 0; slot < 8; ++slot) largest = std::max(largest, std::abs(before[token][slot].get<double>() - after[token][slot].get<double>()));
    return largest;
}

Experiment granularity() {
    const std::vector<std::string> fine{"router.score=softmax_selected", "router.weigh=renorm"};
    // More experts make a larger router; narrower experts pay for it, so that all arms cost the same to 1.3 %.
    const auto arm = [&](const std::string& g, const std::string& width) {
        std::vector<std::string> sets = g == "1" ? std::vector<std::string>{} : fine;
        sets.push_back("moe.granularity=" + g);
        sets.push_back("moe.expert_width=" + width);
        return Arm{"G=" + g, {}, sets};
    };
    return {.id = "X6",
            .title = "Finer experts at the same FLOPs",
            .expected = "The validation loss falls with granularity, with diminishing returns; the lead grows with training.",
            .source = "Krajewski et al. 2025, arXiv 2506.02890; DeepSeekMoE, arXiv 2401.06066",
            .steps = 600,
            .sets = {},
            .arms = {arm("1", "128"), arm("2", "124"), arm("4", "116"), arm("8", "96")},
            .claims = {{"G=8 ends below G=1", Form::below, 3, 0, valLoss(), 0},
                       {"From a quarter of the training on, G=8 gains more than G=1", Form::below, 3, 0, lossFallFrom(0.25), 0},
                       {"G=2 ends below G=1", Form::below, 1, 0, valLoss(), 0, false},
                       {"G=4 ends below G=2", Form::below, 2, 1, valLoss(), 0, false},
                       {"G=8 ends below G=4", Form::below, 3, 2, valLoss(), 0, false}},
            .exact = {}};
}

Experiment softmaxOrder() {
    return {.id = "X7",
            .title = "Softmax before or after the choice of 8 of 64",
            .expected = "After the choice is better at G = 8: before it, eight logits must rise together to be heard. Renormalised, both orders are the same.",
            .source = "Krajewski et al. 2025, arXiv 2506.02890",
            .steps = 400,
            .sets = {"moe.granularity=8"},
            .arms = {{"after", {}, {"router.score=softmax_selected", "router.weigh=renorm"}}, {"before", {}, {"router.score=softmax_all", "router.weigh=raw"}}},
            .claims = {{"Softmax after the choice ends with a lower loss", Form::below, 0, 1, valLoss(), 0}},
            .exact = {{"Softmax before the choice, renormalised, gives the weights of softmax after it", orderOfSoftmax, 1e-6}}};
}

Experiment shared() {
    return {.id = "X9",
            .title = "One expert that works on everything",
            .expected = "DeepSeekMoE finds a shared expert better, OLMoE slightly worse, Yuan equal: at this size expect little.",
            .source = "DeepSeekMoE, arXiv 2401.06066; OLMoE, arXiv 2409.02060",
            .steps = 400,
            .sets = {"moe.expert_width=64", "router.score=softmax_all", "router.weigh=raw"},
            .arms = {{"2 of 8", {}, {"moe.top_k=2"}}, {"1 of 7 and a shared one", {}, {"moe.experts=7", "moe.top_k=1", "moe.shared_experts=1"}}},
            .claims = {{"With a shared expert the loss is lower", Form::below, 1, 0, valLoss(), 0}},
            .exact = {}};
}

Experiment ordering() {
    const std::size_t dense = 0, hash = 1, top1 = 2, gshard = 3, fine = 4;
    const auto beats = [](const char* text, std::size_t arm, std::size_t other, bool decides = true) { return Claim{text, Form::below, arm, other, valLoss(), 0, decides}; };
    return {.id = "X10",
            .title = "Dense, hash, Switch, GShard, DeepSeekMoE at equal active FLOPs",
            .expected = "Loss falls in that order; at the least the dense model is worst and fine-grained with a shared expert best.",
            .source = "DeepSeekMoE, arXiv 2401.06066, table 1: 2.060, 1.932, 1.881, 1.867, 1.808",
            .steps = 600,
            .sets = {},
            .arms = {{"dense", {"dense"}, {}},
                     {"hash", {"hash_random"}, {}},
                     {"Switch", {"switch"}, {}},
                     {"GShard", {"gshard"}, {"moe.experts=16", "moe.expert_width=64"}},
                     {"fine-grained and shared", {"deepseek_moe"}, {"moe.experts=31", "moe.top_k=3", "moe.expert_width=30", "moe.shared_experts=1", "moe.granularity=1", "moe.first_dense=0"}}},
            .claims = {beats("hash ends below dense", hash, dense), beats("Switch ends below dense", top1, dense), beats("GShard ends below dense", gshard, dense), beats("fine-grained ends below dense", fine, dense),
                       beats("fine-grained ends below hash", fine, hash), beats("fine-grained ends below Switch", fine, top1), beats("fine-grained ends below GShard", fine, gshard),
                       beats("Switch ends below hash", top1, hash, false), beats("GShard ends below Switch", gshard, top1, false)},
            .exact = {}};
}

Experiment redundancy() {
    const std::size_t coarse = 0, fine = 1;
    // The same share of all experts is closed in both: 1 of 16 and 4 of 64.
    const auto rise = [](const std::string& share, const std::string& closed) {
        Term term{"changed_loss"};
        term.sets = {"router.options.without_best=" + closed};
        return Reading{"rise of the loss without each token's best " + share + " of the experts", term, Term{"val_loss"}};
    };
    return {.id = "X31",
            .title = "Fine-grained experts cannot stand in for each other",
            .expected = "Without the experts that a token likes best the loss rises more when experts are fine-grained: they are less redundant. The paper compares at equal loss, here it is at equal FLOPs.",
            .source = "Dai et al. 2024 (DeepSeekMoE), arXiv 2401.06066, figure 4",
            .steps = 500,
            .sets = {"moe.experts=16", "moe.top_k=2", "moe.expert_width=64", "router.score=softmax_selected", "router.weigh=renorm"},
            .arms = {{"2 of 16", {}, {}}, {"8 of 64", {}, {"moe.granularity=4"}}},
            .claims = {{"Without the best sixteenth fine-grained experts lose more", Form::below, coarse, fine, rise("sixteenth", "1"), 0, true, rise("sixteenth", "4")},
                       {"Without the best eighth fine-grained experts lose more", Form::below, coarse, fine, rise("eighth", "2"), 0, false, rise("eighth", "8")},
                       {"Without the best quarter fine-grained experts lose more", Form::below, coarse, fine, rise("quarter", "4"), 0, false, rise("quarter", "16")},
                       {"With all experts, fine-grained ends below", Form::below, fine, coarse, valLoss(), 0, false}},
            .exact = {}};
}

}  // namespace

std::vector<Experiment> shapeExperiments() { return {granularity(), softmaxOrder(), shared(), ordering(), redundancy()}; }

}  // namespace moescope::experiments
