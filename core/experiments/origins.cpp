// Experiments on what becomes of a trained model: mixtures that begin as dense ones, and dense layers that are taken apart.
#include "core/experiments/readings.hpp"
#include "core/experiments/tables.hpp"

namespace moescope::experiments {
namespace {

Experiment upcycling() {
    const std::size_t dense = 0, upcycled = 1, scratch = 2;
    conversion::Order order;
    order.experts = 8;
    order.topK = 2;
    const Reading end = valLoss(), start{"validation loss before the first step", {"val_loss", 0, 0}, {}};
    return {.id = "X18",
            .title = "A mixture that begins as a trained dense model",
            .expected = "Before its first step it has the dense model's loss. Early it is ahead of the same mixture from scratch, and the lead shrinks.",
            .source = "Komatsuzaki et al. 2022, arXiv 2212.05055; Muennighoff et al. 2024 (OLMoE), arXiv 2409.02060",
            .steps = 400,
            .sets = {},
            .arms = {{"dense", {"dense"}, {}}, {"upcycled", {}, {}, Origin{dense, order, false}}, {"from scratch", {}, {}, Origin{dense, order, true}}},
            .claims = {{"Upcycled, the first loss is at most 1.0001 times the dense model's last", Form::atMostTimes, upcycled, dense, start, 1.0001, true, end},
                       {"The dense model's last loss is at most 1.0001 times the first of the upcycled", Form::atMostTimes, dense, upcycled, end, 1.0001, true, start},
                       {"At a quarter of the training the upcycled mixture is ahead", Form::below, upcycled, scratch, valLossAt(0.25), 0},
                       {"From a quarter on the mixture from scratch gains more", Form::below, scratch, upcycled, lossFallFrom(0.25), 0},
                       {"At the end the upcycled mixture is still ahead", Form::below, upcycled, scratch, end, 0, false},
                       {"At the end the upcycled mixture is ahead of the dense model it began as", Form::below, upcycled, dense, end, 0, false}},
            .exact = {}};
}

Experiment split() {
    const auto with = [](const std::string& how, const std::string& clusters) {
        Term term{"moefied_" + how};
        term.sets = {"moe.top_k=" + clusters};
        return term;
    };
    const auto reading = [&](const std::string& how, const std::string& clusters) { return Reading{"loss with " + clusters + " of 16 clusters by " + how, with(how, clusters), {}}; };
    const auto ahead = [&](const char* text, const std::string& how, const std::string& other, const std::string& clusters, bool decides) {
        return Claim{text, Form::below, 0, 0, reading(how, clusters), 0, decides, reading(other, clusters)};
    };
    const Reading all{"loss with all clusters minus the dense loss", with("similarity", "16"), Term{"val_loss"}};
    return {.id = "X26",
            .title = "A ReLU layer taken apart into clusters of neurons",
            .expected = "With all clusters it is the same layer. With some, choosing those that would answer most loses least, by their mean neuron more, by chance most. (The paper's small trained router lies between the first two; it is not tried here.)",
            .source = "Zhang et al. 2021 (MoEfication), arXiv 2110.01786",
            .steps = 400,
            .sets = {"model.activation=relu", "moe.experts=0", "model.ffn_width=256", "balance.kind=none", "balance.coefficient=0"},
            .arms = {{"dense ReLU", {}, {}}},
            .claims = {{"All clusters: the loss is not higher than the dense model's (by 0.00001)", Form::atMost, 0, 0, all, 1e-5},
                       {"All clusters: nor lower", Form::atLeast, 0, 0, all, -1e-5},
                       ahead("4 of 16: what they would answer beats their mean neuron", "truth", "similarity", "4", true),
                       ahead("4 of 16: their mean neuron beats chance", "similarity", "random", "4", true),
                       ahead("8 of 16: what they would answer beats their mean neuron", "truth", "similarity", "8", true),
                       ahead("8 of 16: their mean neuron beats chance", "similarity", "random", "8", true),
                       ahead("2 of 16: what they would answer beats their mean neuron", "truth", "similarity", "2", false),
                       ahead("2 of 16: their mean neuron beats chance", "similarity", "random", "2", false)},
            .exact = {}};
}

Experiment students() {
    const std::size_t teacher = 0, alone = 1, whole = 2, staged = 3;
    const std::vector<std::string> small{"model.layers=2"};
    const auto taught = [&](const std::string& until) {
        std::vector<std::string> sets = small;
        sets.insert(sets.end(), {"distillation.beta=1", "distillation.temperature=1", "distillation.truth=1", "distillation.until=" + until});
        return sets;
    };
    return {.id = "X27",
            .title = "A shallower student of a mixture",
            .expected = "Learning from a deeper mixture beside the text helps a shallower one, and more so when the teacher falls silent after 60 % of the steps.",
            .source = "Rajbhandari et al. 2022 (DeepSpeed-MoE), arXiv 2201.05596",
            .steps = 300,
            .sets = {},
            .arms = {{"teacher", {"pr_moe"}, {"model.layers=4"}}, {"alone", {"pr_moe"}, small}, {"taught to the end", {"pr_moe"}, taught("1"), std::nullopt, teacher}, {"taught for 60 %", {"pr_moe"}, taught("0.6"), std::nullopt, teacher}},
            .claims = {{"Taught to the end, the student ends below the one alone", Form::below, whole, alone, valLoss(), 0},
                       {"Taught for 60 %, the student ends below the one alone", Form::below, staged, alone, valLoss(), 0},
                       {"The teacher that falls silent leaves the better student", Form::below, staged, whole, valLoss(), 0},
                       {"The teacher is ahead of the student alone", Form::below, teacher, alone, valLoss(), 0, false}},
            .exact = {}};
}

}  // namespace

std::vector<Experiment> originExperiments() { return {upcycling(), split(), students()}; }

}  // namespace moescope::experiments
