// Experiments on what a model sees: the future of its own text, the same text again, the error that its experts are shown.
#include "core/config/config_json.hpp"
#include "core/experiments/readings.hpp"
#include "core/experiments/tables.hpp"

namespace moescope::experiments {
namespace {

Experiment leak() {
    const std::size_t token = 0, expert = 1, inRow = 2;
    const Reading prefix{"loss from the prefix alone", {"prefix_loss"}, {}};
    const Reading gain{"loss from the prefix alone minus loss with the row in sight", {"prefix_loss"}, Term{"whole_loss"}};
    const Reading training = late("training loss", "loss");
    return {.id = "X16",
            .title = "Experts that pick tokens look into the future",
            .expected = "Expert choice compares a token with later ones. Its loss in training is too good to be true, and predicting each token from its prefix alone, as a language model must, is worse. A token's own choice loses nothing.",
            .source = "Zhou et al. 2022, arXiv 2202.09368; Wang et al. 2024, arXiv 2408.15664 (leakage)",
            .steps = 600,
            .sets = {"moe.expert_width=64", "moe.top_k=2"},
            .arms = {{"token choice", {}, {"router.weigh=renorm"}}, {"expert choice", {"expert_choice"}, {}}, {"expert choice in each row", {"expert_choice"}, {"capacity.group_tokens=64"}}},
            .claims = {{"Among the tokens of one row: the prefix alone costs at least 0.01", Form::atLeast, inRow, inRow, gain, 0.01},
                       {"Among the tokens of a batch: the prefix alone costs at least 0.01", Form::atLeast, expert, expert, gain, 0.01, false},
                       {"Token choice: the prefix alone costs nothing (at most 0.0001)", Form::atMost, token, token, gain, 1e-4},
                       {"From the prefix alone token choice is ahead of expert choice in each row", Form::below, token, inRow, prefix, 0},
                       {"In training expert choice in each row is ahead of token choice", Form::below, inRow, token, training, 0, false},
                       {"In training expert choice over the batch is ahead of token choice", Form::below, expert, token, training, 0, false}},
            .exact = {}};
}

/// The eight domains with so many documents each, so that their text comes again and again.
std::string repeated(std::int64_t documents) {
    config::RunConfig config;
    for (config::DomainConfig& domain : config.data.domains) domain.options["documents"] = documents;
    return "data.domains=" + config::settingJson(config, "data.domains").value();
}

Experiment gap() {
    const Reading gap{"validation loss minus the loss on what was trained on, both without noise", {"val_loss"}, Term{"seen_loss"}};
    return {.id = "X22",
            .title = "Experts that are missing by chance do not learn by heart",
            .expected = "On little text that comes again and again, masking a fifth of the experts' outputs, or closing a fifth of the experts to a step, makes the gap between validation and training smaller.",
            .source = "NLLB Team 2022, arXiv 2207.04672 (output masking); expert dropout is named in surveys",
            .steps = 500,
            .sets = {"moe.top_k=2", "moe.expert_width=128", "router.weigh=renorm", "telemetry.sample_every=0", repeated(24)},
            .arms = {{"none", {}, {}}, {"output masking 0.2", {}, {"router.options.eom=0.2"}}, {"expert dropout 0.2", {}, {"router.options.expert_mask=0.2"}}},
            .claims = {{"There is a gap to close (at least 0.05)", Form::atLeast, 0, 0, gap, 0.05, false},
                       {"Output masking makes the gap smaller", Form::below, 1, 0, gap, 0},
                       {"Expert dropout makes the gap smaller", Form::below, 2, 0, gap, 0},
                       {"Output masking has the lower validation loss", Form::below, 1, 0, valLoss(), 0, false},
                       {"Expert dropout has the lower validation loss", Form::below, 2, 0, valLoss(), 0, false}},
            .exact = {}};
}

Experiment criteria() {
    const auto arm = [](const char* name, const std::string& criterion) { return Arm{name, {}, {"plane.criterion=" + criterion}}; };
    const std::size_t blend = 0, each = 1, likelihood = 2;
    const Reading entropy = late("entropy of the gate", "router_entropy"), information = atEnd("information about the quadrant", "domain_information");
    return {.id = "X25",
            .title = "Only experts that compete share out the plane",
            .expected = "Trained on the error of the blend (a), experts chase one residual together. One drawn expert's error (b) and the likelihood of the mixture (c) make them compete; (c) specialises most and its gate is the most decided.",
            .source = "Jacobs, Jordan, Nowlan, Hinton 1991, Neural Computation 3(1)",
            .steps = 300,
            .sets = {},
            .arms = {arm("(a) blend", "blend"), arm("(b) each", "each"), arm("(c) likelihood", "likelihood")},
            .claims = {{"The gate is more decided with (c) than with (a)", Form::below, likelihood, blend, entropy, 0},
                       {"The gate is more decided with (c) than with (b)", Form::below, likelihood, each, entropy, 0},
                       {"The gate is more decided with (b) than with (a)", Form::below, each, blend, entropy, 0, false},
                       {"Experts say more about the quadrant with (c) than with (a)", Form::below, blend, likelihood, information, 0, false},
                       {"(c) has the lower validation loss than (a)", Form::below, likelihood, blend, valLoss(), 0, false}},
            .exact = {},
            .base = "plane"};
}

}  // namespace

std::vector<Experiment> sightExperiments() { return {leak(), gap(), criteria()}; }

}  // namespace moescope::experiments
