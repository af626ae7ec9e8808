// Asking for places round after round: a slot whose expert is full asks another one. No gradient.
//
// The slots take turns: all first slots finish before second slots start. In a round every slot without a place asks one expert;
// an expert accepts in the order of capacity.priority up to its room over all rounds, and who was accepted is never displaced.
#pragma once

#include "core/tensor.hpp"

#include <vector>

#include "core/routing/stages.hpp"

namespace moescope::routing {

class Rounds {
public:
    /// `score` [T, E]: what tokens rank experts by, -inf = closed. `room` > 0 places an expert, `groupRoom` a group (0 = no limit).
    Rounds(const RouterSpec& spec, const RouterInput& input, const Scores& scores, const at::Tensor& score, std::int64_t room, std::int64_t groupRoom = 0);

    /// The score with the experts that a token holds closed: [T, E].
    at::Tensor left() const;
    /// One slot of every token, `order` [T, n]: whom it asks in turn, -1 = nobody in that round.
    void place(const at::Tensor& order);
    /// Experts and positions of all slots so far; those refused stand behind the room of the best expert not in their row. Measures
    /// the mean round of those placed.
    void finish(Choice& choice) const;

private:
    struct Slot {
        at::Tensor experts, positions, open;  // [T, 1]; open: still without a place
    };
    void ask(Slot& slot, const at::Tensor& wanted, std::int64_t round);
    at::Tensor withinGroup(const at::Tensor& asked, const at::Tensor& accepted) const;
    bool settled(const Slot& slot) const;

    const RouterSpec& m_spec;
    const RouterInput& m_input;
    const Scores& m_scores;
    at::Tensor m_score, m_taken;      // [T, E]
    at::Tensor m_used, m_rank, m_placed;  // [E]; [] sum of rounds, number of those placed
    std::int64_t m_room, m_groupRoom;
    std::vector<Slot> m_slots;
};

}  // namespace moescope::routing
