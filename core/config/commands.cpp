// The list of commands with their arguments and exact meanings.
#include "core/config/commands.hpp"

#include <algorithm>

namespace moescope::config {

namespace {

using enum CommandKind;

constexpr CommandInfo kCommands[] = {
    {"pause", control, "", "", "pause", "Holds training before the next step."},
    {"step", control, "", "", "step", "Trains one step of a paused run."},
    {"resume", control, "", "", "resume", "Goes on after a pause."},
    {"stop", control, "", "", "stop", "Saves a checkpoint and ends the run."},
    {"checkpoint", control, "", "", "checkpoint", "Saves a checkpoint now."},
    {"rewind", control, "", "step lr_factor", "rewind step=800 lr_factor=0.5",
     "Goes back to the newest checkpoint at or before a step, or without one to just before the last intervention that was sent, as if what "
     "was sent since had never been; the curves beyond are taken back. lr_factor scales the learning rate it had. A script's commands come again."},
    {"set", knob, "key value", "", "set key=balance.coefficient value=0.05", "Changes a live setting from the next step on."},
    {"mute", intervention, "layer expert", "", "mute layer=0 expert=3",
     "No token chooses the expert: its logit is minus infinity. Weights and moments stay; unmute takes it back."},
    {"unmute", intervention, "", "layer expert", "unmute layer=0 expert=3", "Lets a muted expert work again; without arguments, all."},
    {"kill", intervention, "layer expert", "", "kill layer=0 expert=3",
     "Mutes the expert for good, zeroes its moments and leaves it out of the balance losses. Only a rewind brings it back."},
    {"freeze", intervention, "layer", "expert part", "freeze layer=0 expert=3",
     "No optimizer step and no weight decay for the expert, or with part=router for the layer's router; moments are kept."},
    {"unfreeze", intervention, "", "layer expert part", "unfreeze layer=0 expert=3", "Trains it again; without arguments, everything."},
    {"reinitialise", intervention, "layer expert", "from noise", "reinitialise layer=0 expert=3 from=hottest noise=0.01",
     "Fresh weights (from=noise, the default) or a copy of the busiest expert plus noise times its standard deviation "
     "(from=hottest); its router row is drawn anew and its moments are zeroed."},
    {"duplicate", intervention, "layer expert to", "noise", "duplicate layer=0 expert=3 to=5 noise=0.01",
     "Copies weights (plus noise) and router row into the idle, muted or killed expert `to` and takes ln 2 off both logits, so "
     "that softmax gives the two together what the one had."},
    {"split", intervention, "layer expert to", "", "split layer=0 expert=3 to=5",
     "Each of the two keeps half of the hidden units, with twice the outgoing weights and ln 2 less on its logit: together they "
     "compute what the one did. The units set free start fresh, with outgoing weights of zero."},
    {"merge", intervention, "layer expert with", "", "merge layer=0 expert=3 with=5",
     "Weights become the load-weighted mean, hidden units matched first; the router row is the busier one's, raised by the "
     "logarithm of both loads over its own. The expert `with` is killed."},
    {"swap", intervention, "layer expert with", "", "swap layer=0 expert=3 with=5",
     "Exchanges the router rows of two experts: what one got, the other gets."},
    {"oracle", intervention, "kind", "layer", "oracle kind=round_robin",
     "Experts get tokens in turn (round_robin) or at random, in one layer or in all; weights stay the router's. kind=none ends it."},
    {"pin", intervention, "domain expert", "layer", "pin domain=copy expert=2",
     "Every labelled token of the domain chooses the expert first, in training, validation and probe; unlabelled text is routed freely."},
    {"unpin", intervention, "", "domain layer", "unpin domain=copy", "Ends it for one domain; without arguments, for all."},
    {"rig", intervention, "expert bias", "layer", "rig layer=0 expert=3 bias=6", "Adds a constant to one logit, in one layer or in all."},
};

}  // namespace

std::span<const CommandInfo> listCommands() { return kCommands; }

const CommandInfo* findCommand(std::string_view verb) {
    const auto* found = std::ranges::find(kCommands, verb, &CommandInfo::verb);
    return found == std::end(kCommands) ? nullptr : found;
}

bool isIntervention(std::string_view verb) {
    const CommandInfo* command = findCommand(verb);
    return command && command->kind == CommandKind::intervention;
}

}  // namespace moescope::config
