// Experiments on room: how much of it, and who gets it.
#include "core/experiments/readings.hpp"
#include "core/experiments/tables.hpp"

namespace moescope::experiments {
namespace {

Reading dropped() { return late("dropped assignments", "dropped_assignments"); }

Experiment factor() {
    const auto arm = [](const std::string& factor) { return Arm{"cf " + factor, {}, {"capacity.factor=" + factor}}; };
    return {.id = "X11",
            .title = "How much room experts need",
            .expected = "With half the room at least half of the assignments are dropped, with twice none; the loss falls with room and then stays.",
            .source = "Fedus et al. 2021, table 1",
            .steps = 400,
            .sets = {"capacity.eval_factor=-1"},
            .arms = {arm("0.5"), arm("1"), arm("1.25"), arm("2"), {"no limit", {}, {}}},
            .claims = {{"Half the room drops at least half", Form::atLeast, 0, 0, dropped(), 0.5 - 1e-6},
                       {"1 drops less than 0.5", Form::below, 1, 0, dropped(), 0},
                       {"1.25 drops less than 1", Form::below, 2, 1, dropped(), 0},
                       {"2 drops next to nothing (at most 1 %)", Form::atMost, 3, 3, dropped(), 0.01},
                       {"No limit has a lower loss than half the room", Form::below, 4, 0, valLoss(), 0, false}},
            .exact = {}};
}

Experiment priority() {
    return {.id = "X12",
            .title = "Who gets the room when it is short",
            .expected = "By position, late tokens of a sequence lose; chance removes that slope. Confident tokens first keeps more gate mass. Asking the next best drops fewer.",
            .source = "Riquelme et al. 2021; Kim et al. 2021 (random token selection)",
            .steps = 400,
            .sets = {"capacity.factor=0.75", "capacity.eval_factor=-1", "capacity.group_tokens=64"},
            .arms = {{"position", {}, {"capacity.priority=position"}}, {"confident first", {}, {"capacity.priority=bpr"}}, {"chance", {}, {"capacity.priority=random"}}, {"next best", {"ntlb"}, {"capacity.factor=0.75", "capacity.eval_factor=-1"}}},
            .claims = {{"By position the last quarter of a sequence is dropped more than the first", Form::atLeast, 0, 0, late("slope of drops over the position", "drop_slope"), 0.01},
                       {"Chance takes the slope away", Form::below, 2, 0, late("slope of drops over the position", "drop_slope"), 0},
                       {"Asking the next best drops less than position", Form::below, 3, 0, late("dropped assignments", "dropped_assignments"), 0, false},
                       {"Confident first has a lower loss than position", Form::below, 1, 0, valLoss(), 0, false}},
            .exact = {}};
}

}  // namespace

std::vector<Experiment> capacityExperiments() { return {factor(), priority()}; }

}  // namespace moescope::experiments
