// SWIPE (FastMoE; BaGuaLu, Ma et al. 2022): in training tokens are moved until every expert has as many first, second ... choices.
//
// Column by column each expert has tokens / experts places, some one more. A token keeps its wish while there is room, earlier
// tokens first; else it goes to the lowest expert with room that it does not hold. If it holds all of those, tokens of the column
// make way in a chain. Weights are those of the experts a token ends with; load and losses count the wishes. On the CPU, whatever
// the device: moves follow one another. Batch-coupled in training; at evaluation nobody is moved.
#include "core/tensor.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

// The columns of a table of choices [tokens, columns], dealt out one after the other.
class Dealer {
public:
    Dealer(std::span<std::int64_t> chosen, std::int64_t columns, std::vector<bool> open)
        : m_chosen(chosen), m_columns(columns), m_tokens(static_cast<std::int64_t>(chosen.size()) / columns), m_open(std::move(open)),
          m_queues(m_open.size()) {}

    void deal(std::int64_t column) {
        m_column = column;
        for (auto& queue : m_queues) queue.clear();
        std::vector<std::int64_t> waiting;
        countPlaces();
        for (std::int64_t token = 0; token < m_tokens; ++token) {
            const std::int64_t wish = expertOf(token);
            if (wish < 0) continue;
            if (mayTake(token, wish) && hasPlace(wish)) put(token, wish);
            else waiting.push_back(token);
        }
        for (const std::int64_t token : waiting) expertOf(token) = -1;
        for (const std::int64_t token : waiting) settle(token);
    }

private:
    struct Step {
        std::int64_t token = -1, before = -1;  // who comes to an expert, and for which expert's sake it leaves its own
    };

    std::int64_t experts() const { return static_cast<std::int64_t>(m_open.size()); }
    std::int64_t& expertOf(std::int64_t token) { return m_chosen[static_cast<std::size_t>(token * m_columns + m_column)]; }
    std::vector<std::int64_t>& queue(std::int64_t expert) { return m_queues[static_cast<std::size_t>(expert)]; }
    std::int64_t length(std::int64_t expert) { return static_cast<std::int64_t>(queue(expert).size()); }

    void countPlaces() {
        std::int64_t asking = 0;
        for (std::int64_t token = 0; token < m_tokens; ++token) asking += expertOf(token) >= 0;
        const std::int64_t open = std::max<std::int64_t>(1, std::count(m_open.begin(), m_open.end(), true));
        m_fair = asking / open;
        m_extra = asking % open;
    }
    bool mayTake(std::int64_t token, std::int64_t expert) const {
        const auto row = m_chosen.subspan(static_cast<std::size_t>(token * m_columns), static_cast<std::size_t>(m_column));
        return m_open[static_cast<std::size_t>(expert)] && std::ranges::find(row, expert) == row.end();
    }
    bool hasPlace(std::int64_t expert) { return length(expert) < m_fair || (length(expert) == m_fair && m_extra > 0); }
    void put(std::int64_t token, std::int64_t expert) {
        if (length(expert) == m_fair) --m_extra;
        queue(expert).push_back(token);
        expertOf(token) = expert;
    }
    void take(std::int64_t token) {
        const std::int64_t expert = expertOf(token);
        if (expert < 0) return;
        std::erase(queue(expert), token);
        if (length(expert) == m_fair) ++m_extra;
        expertOf(token) = -1;
    }

    // An expert below its fair share, else one that may have one more, else a chain.
    void settle(std::int64_t token) {
        for (const bool extra : {false, true})
            for (std::int64_t expert = 0; expert < experts(); ++expert)
                if (mayTake(token, expert) && (extra ? hasPlace(expert) : length(expert) < m_fair)) return put(token, expert);
        chain(token);
    }

    // Breadth first over experts: who could take one more if one of its tokens, or one of an expert with one more, went on.
    void chain(std::int64_t token) {
        std::vector<Step> steps(m_open.size());
        std::vector<std::int64_t> reached;
        const auto reach = [&](std::int64_t who, std::int64_t before) {
            for (std::int64_t expert = 0; expert < experts(); ++expert) {
                Step& step = steps[static_cast<std::size_t>(expert)];
                if (step.token >= 0 || !mayTake(who, expert) || expert == expertOf(who)) continue;
                step = {who, before};
                reached.push_back(expert);
            }
        };
        reach(token, -1);
        for (std::size_t i = 0; i < reached.size(); ++i) {
            const std::int64_t expert = reached[i];
            if (hasPlace(expert)) return follow(steps, expert);
            for (std::int64_t from = 0; from < experts(); ++from)
                if (from == expert || (length(expert) == m_fair && length(from) > m_fair))
                    for (const std::int64_t other : queue(from)) reach(other, expert);
        }
        for (const std::int64_t expert : reached)  // no chain: as even as this token allows
            if (mayTake(token, expert) && std::ranges::none_of(reached, [&](std::int64_t e) { return mayTake(token, e) && length(e) < length(expert); }))
                return put(token, expert);
    }
    void follow(const std::vector<Step>& steps, std::int64_t expert) {
        while (expert >= 0) {
            const Step step = steps[static_cast<std::size_t>(expert)];
            take(step.token);
            put(step.token, expert);
            expert = step.before;
        }
    }

    std::span<std::int64_t> m_chosen;
    std::int64_t m_columns, m_tokens, m_column = 0, m_fair = 0, m_extra = 0;
    std::vector<bool> m_open;
    std::vector<std::vector<std::int64_t>> m_queues;  // tokens of each expert in this column
};

std::vector<bool> openExperts(const RouterSpec& spec, const RouterInput& input, const Scores& scores) {
    at::Tensor closed = at::zeros({spec.experts}, at::kBool);
    if (input.muted.defined()) closed = closed.logical_or(input.muted.cpu());
    if (scores.barred.defined()) closed = closed.logical_or(scores.barred.cpu());
    std::vector<bool> open;
    for (std::int64_t e = 0; e < spec.experts; ++e) open.push_back(!closed[e].item<bool>());
    return open;
}

// Mean over placed slots of the place of the expert in its token's ranking, those of earlier columns left out; 1 = the wish.
at::Tensor meanRank(const at::Tensor& score, const at::Tensor& experts) {
    const at::Tensor order = routing::largest(score, score.size(1), false);
    const at::Tensor rank = at::empty_like(order).scatter_(1, order, at::arange(score.size(1), order.options()).expand_as(order).contiguous());
    const at::Tensor placed = experts.ge(0), own = rank.gather(1, experts.clamp_min(0));
    at::Tensor better = at::zeros_like(own);
    for (std::int64_t column = 1; column < own.size(1); ++column)
        better.select(1, column).copy_(own.narrow(1, 0, column).lt(own.narrow(1, column, 1)).sum(1));
    return (own - better + 1).mul(placed).sum().to(at::kDouble) / placed.sum().clamp_min(1);
}

void evenOut(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores, Choice& choice) {
    if (!input.training || spec.oracle != routing::Oracle::none) return;
    const at::NoGradGuard noGrad;
    at::Tensor dealt = choice.experts.cpu().contiguous().clone();
    Dealer dealer({dealt.mutable_data_ptr<std::int64_t>(), static_cast<std::size_t>(dealt.numel())}, dealt.size(1), openExperts(spec, input, scores));
    for (std::int64_t column = 0; column < dealt.size(1); ++column) dealer.deal(column);
    choice.candidates = choice.experts;
    choice.experts = dealt.to(choice.experts.device());
    choice.measured.push_back({"reroute_rank", meanRank(routing::selectionScore(spec, tensors, input, scores), choice.experts)});
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.select != Select::topk || !routing::hasLogits(spec) || spec.second != Second::best)
        problems.push_back({"capacity.overflow", "balance_columns moves the choices of a top-k over logits: set router.select to topk and router.noise to one that samples no second expert, or take drop."});
    if (spec.groupRule != GroupRule::none)
        problems.push_back({"router.group_rule", "balance_columns moves tokens to any expert, across groups: set it to none, or capacity.overflow to drop."});
    if (spec.capacity.factor > 0 || spec.capacity.evalFactor > 0)
        problems.push_back({"capacity.factor", "balance_columns fills all experts evenly by itself: set capacity.factor to 0 and capacity.eval_factor to -1 or 0, or capacity.overflow to drop."});
    if (spec.topK >= spec.experts && spec.experts > 1)
        problems.push_back({"moe.top_k", "With every expert chosen by every token there is nobody to move: choose fewer than the " + std::to_string(spec.experts) + " experts, or set capacity.overflow to drop."});
}

}  // namespace

const Router& routerbalance_columns() {
    static const Router router = [] {
        Router r;
        r.id = "balance_columns";
        r.title = "SWIPE: balanced columns (batch-coupled in training)";
        r.source = "FastMoE; Ma et al. 2022 (BaGuaLu), PPoPP, doi 10.1145/3503221.3508417";
        r.claims = [](const RouterSpec& spec) { return spec.capacity.overflow == Overflow::balanceColumns; };
        r.check = check;
        r.overflow = evenOut;
        r.curves = {"reroute_rank"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
