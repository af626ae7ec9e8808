// What to look for in each panel, section and view: the texts alone.
#include "ui/help_places.hpp"

#include <QtGlobal>

#include <algorithm>
#include <span>

namespace moescope::ui {
namespace {

constexpr HelpPlace kCompare[] = {
    {"comparePanel", QT_TRANSLATE_NOOP("Help", "Curves of the compared runs"),
     QT_TRANSLATE_NOOP("Help", "One line for each group: runs that differ in the seed alone, with the band over seeds. Colour, dash and facet can each follow any setting. The dashed line in text colour is the baseline (B). A click marks a place; the column \u201cat click\u201d reads it.")},
    {"runsTablePane", QT_TRANSLATE_NOOP("Help", "All runs"),
     QT_TRANSLATE_NOOP("Help", "k=2 and val_loss<1.5 tag:g8 since:7d: words match names, tags and notes, /patterns/ too. S stars, T tags, Shift+A archives, Delete moves to the trash, each with Undo; Ctrl+Enter adds to the comparison, Ctrl+I selects the others.")},
    {"compareScatter", QT_TRANSLATE_NOOP("Help", "Scatter"),
     QT_TRANSLATE_NOOP("Help", "Each run is a mark. A trend over one setting is worth a closer look only where the others are equal: see the settings that differ.")},
    {"compareParallel", QT_TRANSLATE_NOOP("Help", "Parallel coordinates"),
     QT_TRANSLATE_NOOP("Help", "Each run is a line over all axes. Drag along the metric's axis to pick the good ones: where their lines bundle on another axis, that setting matters.")},
    {"compareSavings", QT_TRANSLATE_NOOP("Help", "Savings against horizon"),
     QT_TRANSLATE_NOOP("Help", "1 \u2212 x of the group / x of the baseline, where x is what it takes to reach what the baseline has at that share of training. A line that rises says the advantage grows with longer training.")},
    {"compareModels", QT_TRANSLATE_NOOP("Help", "Models, layer by layer"),
     QT_TRANSLATE_NOOP("Help", "A fair comparison has equal active parameters or equal FLOP per token; total parameters may differ.")},
    {"compareExperts", QT_TRANSLATE_NOOP("Help", "Routing of two runs"),
     QT_TRANSLATE_NOOP("Help", "Experts are matched one to one so that partners get as many of the same tokens as can be. Agreement far above chance: both runs found the same division of labour.")},
};

constexpr HelpPlace kTrain[] = {
    {"lossPanel", QT_TRANSLATE_NOOP("Help", "Loss"),
     QT_TRANSLATE_NOOP("Help", "It falls and flattens. A collapse of the router hardly shows here: look at the experts. A gap between train and validation is learning by heart."),
     {"loss", "val_loss", "domain_loss"}},
    {"loadPanel", QT_TRANSLATE_NOOP("Help", "Expert load"),
     QT_TRANSLATE_NOOP("Help", "Each row is an expert, each column a step; the colour is its load over the fair share. Quiet means fair. A dark row is idle, a glowing one does the work of many."),
     {"load"}},
    {"layersPanel", QT_TRANSLATE_NOOP("Help", "Effective experts of every layer"),
     QT_TRANSLATE_NOOP("Help", "A layer that darkens while the others do not is the one to look into."),
     {"effective_experts"}},
    {"concentrationPanel", QT_TRANSLATE_NOOP("Help", "Top-1 concentration"),
     QT_TRANSLATE_NOOP("Help", "Three different questions with one name: how much of a token one expert has, how sure the router is, how much of the batch the busiest expert gets."),
     {"top1_weight", "top1_probability", "top1_load"}},
    {"spreadPanel", QT_TRANSLATE_NOOP("Help", "Top-1 concentration over layers"),
     QT_TRANSLATE_NOOP("Help", "The band spans all layers; the shown layer is drawn on it."),
     {"top1_weight", "top1_probability", "top1_load"}},
    {"logitsPanel", QT_TRANSLATE_NOOP("Help", "Router logits"),
     QT_TRANSLATE_NOOP("Help", "A fan that keeps widening saturates the softmax; one expert far above the median takes all tokens. A z-loss holds the fan together."),
     {"logit_quantiles", "logit_mean"}},
    {"usePanel", QT_TRANSLATE_NOOP("Help", "Experts in use"),
     QT_TRANSLATE_NOOP("Help", "Near the number of experts: all are used. Near 1: collapsed. The entropy says whether single tokens are decided, whatever the load."),
     {"effective_experts", "dead", "router_entropy"}},
    {"healthPanel", QT_TRANSLATE_NOOP("Help", "Training health"),
     QT_TRANSLATE_NOOP("Help", "Spikes of the gradient norm come before a divergence. Drops above a few per cent mean that the capacity is too small or the load uneven."),
     {"gradient_norm", "learning_rate", "dropped_assignments"}},
    {"routerPanel", QT_TRANSLATE_NOOP("Help", "This router"),
     QT_TRANSLATE_NOOP("Help", "What is peculiar to the router that trains here, as the router itself declares it. A band spans all experts, the line is the one chosen in the panel of logits.")},
    {"inspectorLayer", QT_TRANSLATE_NOOP("Help", "The layer at the shown step"),
     QT_TRANSLATE_NOOP("Help", "The line marks the fair share. Click an expert for what can be done to it."),
     {"effective_experts", "imbalance", "dead", "load"}},
    {"inspectorDomains", QT_TRANSLATE_NOOP("Help", "Loss by domain"),
     QT_TRANSLATE_NOOP("Help", "The mark is the entropy of the source: no model can be better for long. Mute an expert and see which bar jumps."),
     {"domain_loss"}},
    {"routersPage", QT_TRANSLATE_NOOP("Help", "Routers"),
     QT_TRANSLATE_NOOP("Help", "The boxes are the way of a token: scores, choice, weights, room; dashed ones are losses and what else pulls at the router. A click on a box finds its formula. \u201cTrain it\u201d opens the form with this router, \u201cCompare with\u2026\u201d queues two routers with the same seeds."),
     {}},
    {"inspectorDevice", QT_TRANSLATE_NOOP("Help", "Device"),
     nullptr,
     {"memory", "tokens_per_second"}},
};

constexpr HelpPlace kRouting[] = {
    {"routingLoad", QT_TRANSLATE_NOOP("Help", "Load of every layer"),
     QT_TRANSLATE_NOOP("Help", "Each row is an expert, each column a step; quiet means fair. Layers often differ: one may have collapsed while the others share fairly."),
     {"load", "imbalance", "effective_experts"}},
    {"routingLogits", QT_TRANSLATE_NOOP("Help", "Router logits of every layer"),
     QT_TRANSLATE_NOOP("Help", "A fan that keeps widening saturates the softmax: that layer stops trying other experts."),
     {"logit_quantiles", "logit_mean"}},
    {"routingPlane", QT_TRANSLATE_NOOP("Help", "The plane and its gate"),
     QT_TRANSLATE_NOOP("Help", "Pale where the gate is undecided, strong where one expert decides; a line parts their regions. Scrub back: first everybody answers everywhere, then regions form and each expert fits its own. A fit that is good only inside its region is a specialist."),
     {"plane_gate", "plane_answer", "plane_loss"}},
    {"routingTokens", QT_TRANSLATE_NOOP("Help", "The probe's text by expert"),
     QT_TRANSLATE_NOOP("Help", "The same text at every snapshot. Long runs of one colour follow a topic or a script; a colour that returns at the same letters follows the token alone. A small margin means that little decides. Choose \"my own text\" to have a checkpoint read yours; solo an expert to see what it takes."),
     {"combine_weight", "logit_margin", "vocabulary_lift", "lift_chance"}},
    {"routingCoactivation", QT_TRANSLATE_NOOP("Help", "Experts chosen together"),
     QT_TRANSLATE_NOOP("Help", "Pairs far above 1 do one job together; pairs near 0 avoid each other. Near 1 everywhere: the choices are independent."),
     {"coactivation", "coactivation_lift"}},
    {"routingPaths", QT_TRANSLATE_NOOP("Help", "Paths from layer to layer"),
     QT_TRANSLATE_NOOP("Help", "A few thick ribbons: the layers divide the tokens in the same way. Many thin ones: each layer divides them by something else."),
     {"path_share", "path_lift"}},
    {"routingSpecialisation", QT_TRANSLATE_NOOP("Help", "Who handles what"),
     QT_TRANSLATE_NOOP("Help", "A bar beyond its chance mark is structure. If the token information is as long, the experts may only know the alphabet."),
     {"domain_share", "domain_information", "token_information", "purity", "vocabulary_lift"}},
    {"routingSaturation", QT_TRANSLATE_NOOP("Help", "When the routing settles"),
     QT_TRANSLATE_NOOP("Help", "Near 1: the router has decided, what follows trains the experts. A fall in a late stretch means that tokens still change hands."),
     {"first_choice_stays", "agrees_with_newest"}},
    {"routingRidges", QT_TRANSLATE_NOOP("Help", "Router logits of each expert"),
     QT_TRANSLATE_NOOP("Help", "A ridge far to the right takes the tokens; two humps mean that the expert knows its tokens from the others. Ridges that lie over each other leave the choice to small differences."),
     {"clean_logit", "biased_score"}},
    {"routingWeights", QT_TRANSLATE_NOOP("Help", "How alike the experts are"),
     QT_TRANSLATE_NOOP("Help", "Bright blocks are experts that do the same, for instance copies of one dense layer that have not drifted apart yet. The lines at the right join the most alike first: the further from the cells two sides meet, the less alike they are."),
     {"weight_cosine", "weight_cka"}},
    {"routingHand", QT_TRANSLATE_NOOP("Help", "A router by hand"),
     QT_TRANSLATE_NOOP("Help", "Type logits and see whom the router chooses, in which order and with what weight, who finds no room, and which way each loss pulls. It is the engine that computes, in float32, with the code that trains. The lessons at the right each show one thing."),
     {"hand_weight", "hand_gradient", "load", "importance"}},
};

constexpr HelpPlace kStudies[] = {
    {"biasBars", QT_TRANSLATE_NOOP("Help", "Load and router bias"),
     QT_TRANSLATE_NOOP("Help", "The slider adds a constant to the expert's router logit: +6 or more collapses the router onto it, a negative one starves it. The pale bar is that constant. It stays after a cure; 0 takes it away."),
     {"load"}},
    {"muteEffect", QT_TRANSLATE_NOOP("Help", "What each domain loses"),
     QT_TRANSLATE_NOOP("Help", "Validation loss with the expert switched off minus with it on, in nats per token, on the same batches. One long bar: the expert owns that domain. All near 0: others can stand in for it."),
     {"domain_loss"}},
    {"queuePane", QT_TRANSLATE_NOOP("Help", "Queue"),
     QT_TRANSLATE_NOOP("Help", "Runs that wait for an engine, in their order. The next starts when fewer engines train than may at once and its memory is free. What waits can be dragged to another place, and stays when the window closes. When the last run of a study has ended, Compare opens.")},
    {"newRunStudy", QT_TRANSLATE_NOOP("Help", "Vary a setting"),
     QT_TRANSLATE_NOOP("Help", "Every combination of the values is trained with every seed; runs of one seed share start and order of the data, so their differences are paired. With 5 seeds p cannot fall below 0.0625, with 6 it can reach 0.05.")},
};

constexpr HelpPlace kNewRun[] = {
    {"presetList", QT_TRANSLATE_NOOP("Help", "Presets"),
     QT_TRANSLATE_NOOP("Help", "A preset is a whole experiment that works, or goes wrong in a way worth seeing; its card says which. Every setting can be changed afterwards: what was changed is marked, Reset takes it back.")},
    {"routerPreset", QT_TRANSLATE_NOOP("Help", "Router preset"),
     QT_TRANSLATE_NOOP("Help", "Takes the routing of a published model into this run: its scores, choice, weights, capacity and balance. Settings of other kinds that you changed stay.")},
    {"newRunData", QT_TRANSLATE_NOOP("Help", "Data of the run"),
     QT_TRANSLATE_NOOP("Help", "The domains the run learns from, their share and the entropy no model can be better than. Your own text: each file or sub-folder is a domain.")},
    {"estimate", QT_TRANSLATE_NOOP("Help", "What it will cost"),
     QT_TRANSLATE_NOOP("Help", "Parameters and FLOP are counted from the settings, exactly; memory is an estimate. Seconds are measured by five steps of the engine, on request.")},
    {"newRunFooter", QT_TRANSLATE_NOOP("Help", "Name, seed and start"),
     QT_TRANSLATE_NOOP("Help", "Runs of one seed share start and order of the data, so that two settings are compared pair by pair; \u00d73 to \u00d710 trains the same with further seeds. The recipe is the whole experiment as one string.")},
    {"matchWizard", QT_TRANSLATE_NOOP("Help", "Matched FLOPs"),
     QT_TRANSLATE_NOOP("Help", "Solves the width of each candidate so that it costs as much as the reference; the last column says how near it comes. More experts of the same active cost have more parameters in all, which is the point.")},
};

}  // namespace

const HelpPlace* helpPlace(std::string_view objectName) {
    for (const std::span<const HelpPlace> page : {std::span<const HelpPlace>(kCompare), std::span<const HelpPlace>(kTrain), std::span<const HelpPlace>(kRouting), std::span<const HelpPlace>(kStudies), std::span<const HelpPlace>(kNewRun)})
        if (const auto at = std::ranges::find(page, objectName, &HelpPlace::name); at != page.end()) return &*at;
    return nullptr;
}

}  // namespace moescope::ui
