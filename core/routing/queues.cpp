// Capacity: places in the experts' queues, and who is dropped.
#include "core/tensor.hpp"

#include <limits>

#include "core/routing/choice.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routing {

namespace {

// Groups of tokens that compete together: full ones, and perhaps a shorter last one.
struct Room {
    std::int64_t fullTokens = 0, fullCapacity = 0;
    std::int64_t restTokens = 0, restCapacity = 0;
    std::int64_t fullOther = 0, restOther = 0;  // of experts that are no networks
    std::int64_t all = 0;
    bool unlimited = true;
};

// `own`: slots of an expert where the router has rooms of its own, in one group of all tokens; else 0.
Room roomFor(const RouterSpec& spec, std::int64_t tokens, bool training, std::int64_t own) {
    const std::int64_t group = spec.capacity.groupTokens > 0 ? spec.capacity.groupTokens : std::max<std::int64_t>(1, tokens);
    Room room;
    room.restTokens = tokens % group;
    room.fullTokens = tokens - room.restTokens;
    room.fullCapacity = capacity(spec, group, training);
    room.restCapacity = room.restTokens > 0 ? capacity(spec, room.restTokens, training) : 0;
    room.fullOther = capacity(spec, group, training, /*zeroComputation=*/true);
    room.restOther = room.restTokens > 0 ? capacity(spec, room.restTokens, training, /*zeroComputation=*/true) : 0;
    if (own > 0) room.fullCapacity = room.fullOther = own;
    const std::int64_t networks = computing(spec), groups = room.fullTokens / group;
    room.all = networks * (groups * room.fullCapacity + room.restCapacity) + (spec.experts - networks) * (groups * room.fullOther + room.restOther);
    const bool fullFits = room.fullTokens == 0 || room.fullCapacity == 0 || room.fullCapacity >= group;
    room.unlimited = fullFits && (room.restCapacity == 0 || room.restCapacity >= room.restTokens);
    return room;
}

at::Tensor wishes(const at::Tensor& experts, std::int64_t expertCount) {
    const at::Tensor column = experts.masked_fill(experts.lt(0), expertCount);  // nobody's wishes go to a column of their own
    const at::Tensor all = at::zeros({experts.size(0), expertCount + 1}, experts.options().dtype(at::kBool));
    return all.scatter(1, column, true).narrow(1, 0, expertCount);
}

// Places by score instead of by time: the best of an expert's requests first.
at::Tensor placesByScore(const RouterSpec& spec, const at::Tensor& score, const at::Tensor& experts) {
    const at::Tensor asked = wishes(experts, spec.experts);
    const at::Tensor requests = score.detach().masked_fill(asked.logical_not(), -std::numeric_limits<double>::infinity());
    const at::Tensor ranks = columnRanks(requests, spec.capacity.groupTokens);
    return ranks.gather(1, experts.clamp_min(0)).masked_fill(experts.lt(0), -1);
}

at::Tensor places(const RouterSpec& spec, const RouterInput& input, const Scores& scores, const at::Tensor& experts, bool limited) {
    const std::int64_t group = spec.capacity.groupTokens;
    const bool scored = scores.confidence.defined();
    if (limited && spec.capacity.priority == Priority::prob && scored) return placesByScore(spec, scores.confidence, experts);
    if (limited && spec.capacity.priority == Priority::random) {
        const at::Tensor like = scored ? scores.confidence : at::empty({0}, experts.options().dtype(at::kFloat));
        const at::Tensor draws =
            uniformDraws(spec, input, base::Purpose::routerUniform, {experts.size(0), spec.experts}, like);
        return placesByScore(spec, draws, experts);
    }
    const bool byConfidence = limited && spec.capacity.priority == Priority::bpr && scored;
    const at::Tensor order = byConfidence ? descendingOrder(scores.confidence.detach().amax({1}), group) : at::Tensor();
    return queuePositions(experts, spec.experts, group, order);
}

// C of each token's group: `full`, or `rest` in the last one.
at::Tensor below(const Room& room, const at::Tensor& positions, std::int64_t full, std::int64_t rest) {
    if (room.restTokens == 0) return positions.lt(full);
    return at::cat({positions.narrow(0, 0, room.fullTokens).lt(full), positions.narrow(0, room.fullTokens, room.restTokens).lt(rest)});
}

at::Tensor underCapacity(const RouterSpec& spec, const Room& room, const Routing& routing) {
    const at::Tensor fits = below(room, routing.positions, room.fullCapacity, room.restCapacity);
    if (computing(spec) == spec.experts) return fits;
    const at::Tensor otherFits = below(room, routing.positions, room.fullOther, room.restOther);
    return at::where(routing.experts.ge(computing(spec)), otherFits, fits);
}

at::Tensor countAll(const at::Tensor& experts, std::int64_t expertCount) {
    return countExperts(experts.reshape({1, -1}), expertCount).squeeze(0);
}

}  // namespace

at::Tensor placesByPriority(const RouterSpec& spec, const RouterInput& input, const Scores& scores, const at::Tensor& experts) {
    return places(spec, input, scores, experts, /*limited=*/true);
}

void fillQueues(const RouterSpec& spec, const RouterInput& input, const Scores& scores, const Choice& choice, Routing& routing) {
    const at::NoGradGuard noGrad;
    const Room room = roomFor(spec, routing.experts.size(0), input.training, choice.room);
    const bool sentOn = choice.candidates.defined();  // positions are given, and those from C on are refused
    const bool ownQueues = choice.positions.defined();
    routing.capacity = room.fullCapacity;
    routing.room = room.all;
    routing.dropless = (ownQueues && !sentOn) || room.unlimited;
    routing.positions = ownQueues ? choice.positions : places(spec, input, scores, routing.experts, room.all > 0);
    routing.kept = choice.complete ? at::ones_like(routing.experts, at::kBool) : routing.experts.ge(0);
    const at::Tensor wishes = sentOn ? choice.candidates.narrow(1, 0, routing.experts.size(1)) : routing.experts;
    routing.counts = countAll(wishes, spec.experts);
    routing.placed = sentOn ? countAll(routing.experts, spec.experts) : routing.counts;
    if (routing.dropless) return;
    routing.kept = routing.kept.logical_and(underCapacity(spec, room, routing));
    routing.placed = countAll(routing.experts.masked_fill(routing.kept.logical_not(), -1), spec.experts);
}

}  // namespace moescope::routing
