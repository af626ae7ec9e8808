// All tokens at once, a round at a time; a fixed number of rounds, ended early only where looking is free.
#include "core/tensor.hpp"

#include <limits>

#include "core/routing/choice.hpp"
#include "core/routing/rounds.hpp"

namespace moescope::routing {

namespace {

constexpr double kClosed = -std::numeric_limits<double>::infinity();

at::Tensor oneOf(const at::Tensor& expert, std::int64_t experts) { return expert.eq(at::arange(experts, expert.options())); }

at::Tensor countOf(const at::Tensor& experts, std::int64_t count) { return countExperts(experts.reshape({1, -1}), count).squeeze(0); }

at::Tensor lookUp(const at::Tensor& table, const at::Tensor& index) { return table.index_select(0, index.clamp_min(0).reshape({-1})).reshape_as(index); }

}  // namespace

Rounds::Rounds(const RouterSpec& spec, const RouterInput& input, const Scores& scores, const at::Tensor& score, std::int64_t room, std::int64_t groupRoom)
    : m_spec(spec), m_input(input), m_scores(scores), m_score(score), m_taken(at::zeros_like(score, at::kBool)),
      m_used(at::zeros({spec.experts}, score.options().dtype(at::kLong))), m_rank(at::zeros({}, m_used.options())),
      m_placed(at::zeros({}, m_used.options())), m_room(room), m_groupRoom(groupRoom) {}

at::Tensor Rounds::left() const { return m_score.masked_fill(m_taken, kClosed); }

bool Rounds::settled(const Slot& slot) const { return slot.open.device().is_cpu() && !slot.open.any().item<bool>(); }

void Rounds::place(const at::Tensor& order) {
    const at::Tensor nobody = at::full({order.size(0), 1}, -1, order.options());
    Slot slot{nobody, nobody, at::ones_like(nobody, at::kBool)};
    for (std::int64_t round = 0; round < order.size(1) && !settled(slot); ++round) ask(slot, order.narrow(1, round, 1), round + 1);
    m_taken = m_taken.logical_or(oneOf(slot.experts, m_spec.experts));
    m_slots.push_back(std::move(slot));
}

void Rounds::ask(Slot& slot, const at::Tensor& wanted, std::int64_t round) {
    const at::Tensor asked = wanted.masked_fill(slot.open.logical_not(), -1);
    const at::Tensor places = placesByPriority(m_spec, m_input, m_scores, asked) + lookUp(m_used, asked);
    at::Tensor accepted = asked.ge(0).logical_and(places.lt(m_room));
    if (m_groupRoom > 0) accepted = accepted.logical_and(withinGroup(asked, accepted));
    slot.experts = at::where(accepted, asked, slot.experts);
    slot.positions = at::where(accepted, places, slot.positions);
    slot.open = slot.open.logical_and(accepted.logical_not());
    const at::Tensor count = accepted.sum();
    m_used = m_used + countOf(asked.masked_fill(accepted.logical_not(), -1), m_spec.experts);
    m_rank = m_rank + count * round;
    m_placed = m_placed + count;
}

// Who fits into the group's room too, by falling score of the expert asked: inside an expert that keeps the first of its queue.
at::Tensor Rounds::withinGroup(const at::Tensor& asked, const at::Tensor& accepted) const {
    const std::int64_t members = m_spec.experts / m_spec.groups;
    const at::Tensor group = asked.clamp_min(0).div(members, "floor");
    const at::Tensor value = m_scores.confidence.detach().gather(1, asked.clamp_min(0));
    const at::Tensor wishes = at::where(oneOf(group, m_spec.groups).logical_and(accepted), value, kClosed);  // [T, A]
    const at::Tensor used = m_used.reshape({m_spec.groups, members}).sum(1);
    return (columnRanks(wishes, 0).gather(1, group) + lookUp(used, group)).lt(m_groupRoom);
}

void Rounds::finish(Choice& choice) const {
    at::Tensor open = left();
    std::vector<at::Tensor> experts, positions, refused;
    for (const Slot& slot : m_slots) {
        const at::Tensor best = largest(open, 1, true);
        const at::Tensor behind = best.masked_fill(slot.open.logical_not(), -1);
        open = open.masked_fill(oneOf(behind, m_spec.experts), kClosed);
        refused.push_back(behind);
        experts.push_back(at::where(slot.open, behind, slot.experts));
        positions.push_back(slot.positions);
    }
    const at::Tensor who = at::cat(refused, 1);
    const at::Tensor place = queuePositions(who, m_spec.experts, 0, {}) + m_room;
    choice.experts = at::cat(experts, 1);
    choice.positions = at::where(who.ge(0), place, at::cat(positions, 1));
    choice.room = m_room;
    choice.measured.push_back({"reroute_rank", m_rank.to(at::kDouble) / m_placed.clamp_min(1)});
}

}  // namespace moescope::routing
