// The whole pipeline once more, in float64 and plain loops, from the formulas; it shares nothing with the engine but the spec.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/routing/spec.hpp"

namespace moescope::routing::reference {

using Row = std::vector<double>;
using Table = std::vector<Row>;
using Ints = std::vector<std::int64_t>;

inline constexpr double kInf = std::numeric_limits<double>::infinity();

struct Case {
    RouterSpec spec;
    Table z;                                    // clean logits without rig
    Table noise, uniform, gumbel, noiseLogits;  // [T][E]
    Row bias;                                   // selection bias, or empty
    std::vector<bool> muted;                    // or empty
    bool training = true;
    std::int64_t sequences = 1;

    std::size_t tokens() const { return z.size(); }
    std::size_t experts() const { return static_cast<std::size_t>(spec.experts); }
};

struct Result {
    Table z, clean, noisy, std;  // with rig; transformed; with noise
    Table p, shares, confidence;
    std::vector<Ints> experts, positions;
    std::vector<std::vector<bool>> kept;
    Table gates, weights;
    Table load;  // P(e in top-k), empty if not defined
    Ints counts, first;
    std::vector<bool> secondTaken;
};

inline Row softmax(const Row& z) {
    const double top = *std::max_element(z.begin(), z.end());
    Row p(z.size());
    double sum = 0;
    for (std::size_t e = 0; e < z.size(); ++e) sum += p[e] = std::exp(z[e] - top);
    for (double& value : p) value /= sum;
    return p;
}

inline Row sigmoid(const Row& z) {
    Row s(z.size());
    for (std::size_t e = 0; e < z.size(); ++e) s[e] = 1 / (1 + std::exp(-z[e]));
    return s;
}

inline double sumOf(const Row& row) { return std::accumulate(row.begin(), row.end(), 0.0); }

inline Row overSum(Row row) {
    const double sum = sumOf(row);
    if (sum > 0)
        for (double& value : row) value /= sum;
    return row;
}

inline Row scoreOf(const RouterSpec& spec, const Row& z) { return spec.score == Score::sigmoid ? sigmoid(z) : softmax(z); }

// Indices by falling value, ties to the lowest index.
inline Ints ranking(const Row& values) {
    Ints order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[static_cast<std::size_t>(a)] > values[static_cast<std::size_t>(b)]; });
    return order;
}

inline std::int64_t capacityOf(const RouterSpec& spec, std::int64_t T, bool training) {
    const double cf = training ? spec.capacity.factor : spec.capacity.evalFactor;
    const double k = spec.select == Select::all ? double(spec.experts) : double(spec.topK);
    if (spec.select == Select::expertTopC)
        return std::min<std::int64_t>(T, std::max<std::int64_t>(1, std::int64_t(std::floor((cf > 0 ? cf : k) * double(T) / double(spec.experts) + 1e-6))));
    if (cf <= 0) return 0;
    const double x = cf * (spec.capacity.countK ? k : 1) * double(T) / double(spec.experts);
    std::int64_t c = std::max<std::int64_t>({1, spec.capacity.minimum, std::int64_t(std::ceil(x - 1e-6))});
    c = std::min(c, T);
    while (c % spec.capacity.multipleOf != 0) ++c;
    return c;
}

inline bool noisyNow(const Case& c) { return c.spec.noise != Noise::none && c.spec.noiseScale > 0 && (c.training || c.spec.noiseAtEvaluation); }

inline void makeScores(const Case& c, Result& r) {
    const RouterSpec& s = c.spec;
    for (std::size_t t = 0; t < c.tokens(); ++t) {
        Row z = c.z[t];
        for (std::size_t e = 0; e < s.rig.size(); ++e) z[e] += s.rig[e];
        r.z.push_back(z);
        Row clean = z;
        if (s.transform == Transform::temperature)
            for (double& v : clean) v /= std::get<double>(s.options.at("temperature"));
        if (s.transform == Transform::normalise) {
            const double mean = sumOf(z) / double(z.size());
            double var = 0;
            for (double v : z) var += (v - mean) * (v - mean) / double(z.size());
            for (double& v : clean) v = std::get<double>(s.options.at("lambda")) * (v - mean) / std::sqrt(var + 1e-6);
        }
        Row noisy = clean, std(clean.size(), 0);
        for (std::size_t e = 0; e < noisy.size() && noisyNow(c); ++e) {
            const double u = c.uniform.empty() ? 0 : 1 - s.noiseScale + 2 * s.noiseScale * c.uniform[t][e];
            if (s.noise == Noise::logitGaussLearned) std[e] = (std::log1p(std::exp(c.noiseLogits[t][e])) + 0.01) * s.noiseScale;
            if (s.noise == Noise::logitGaussFixed) std[e] = s.noiseScale / double(s.experts);
            if (std[e] > 0) noisy[e] += std[e] * c.noise[t][e];
            if (s.noise == Noise::logitMulJitter) noisy[e] *= u;
            if (s.noise == Noise::logitAddUniform) noisy[e] += u;
            if (s.noise == Noise::gumbelAll) noisy[e] += s.noiseScale * c.gumbel[t][e];
        }
        for (std::size_t e = 0; e < c.muted.size(); ++e)
            if (c.muted[e]) clean[e] = noisy[e] = -kInf;
        r.clean.push_back(clean);
        r.noisy.push_back(noisy);
        r.std.push_back(std);
        r.p.push_back(softmax(clean));
        r.shares.push_back(s.score == Score::sigmoid ? overSum(sigmoid(clean)) : r.p.back());
        r.confidence.push_back(scoreOf(s, s.noiseReachesWeights ? noisy : clean));
    }
}

inline Row groupLimited(const RouterSpec& s, Row u) {
    const auto groups = static_cast<std::size_t>(s.groups), members = u.size() / groups;
    Row score(groups, -kInf);
    for (std::size_t g = 0; g < groups; ++g) {
        Row own(u.begin() + long(g * members), u.begin() + long((g + 1) * members));
        std::sort(own.rbegin(), own.rend());
        std::size_t count = members;
        if (s.groupRule == GroupRule::limitMax) count = 1;
        if (s.groupRule == GroupRule::limitTop2Sum) count = std::min<std::size_t>(2, members);
        if (s.groupRule == GroupRule::limitTopJSum) count = std::min<std::size_t>(members, std::size_t(std::max<std::int64_t>(1, s.topK / s.groupsKept)));
        if (own[0] == -kInf) continue;
        score[g] = 0;
        for (std::size_t i = 0; i < count; ++i) score[g] += own[i] == -kInf ? 0 : own[i];
    }
    const Ints order = ranking(score);
    for (std::size_t i = std::size_t(s.groupsKept); i < groups; ++i)
        for (std::size_t m = 0; m < members; ++m) u[std::size_t(order[i]) * members + m] = -kInf;
    return u;
}

inline Row selectionScore(const Case& c, const Result& r, std::size_t t) {
    const RouterSpec& s = c.spec;
    const bool limits = s.groupRule != GroupRule::none && s.groupRule != GroupRule::perGroup;
    if (s.offset == Offset::none && !limits) return r.noisy[t];
    Row u = scoreOf(s, r.noisy[t]);
    for (std::size_t e = 0; e < u.size(); ++e) {
        if (s.offset != Offset::none) u[e] += c.bias[e];
        if (!c.muted.empty() && c.muted[e]) u[e] = -kInf;
    }
    return limits ? groupLimited(s, u) : u;
}

inline Ints bestOf(const Row& u, std::size_t count) {
    Ints out = ranking(u);
    out.resize(count);
    for (auto& e : out)
        if (u[std::size_t(e)] == -kInf) e = -1;
    return out;
}

inline Ints chooseToken(const Case& c, const Result& r, std::size_t t) {
    const RouterSpec& s = c.spec;
    const auto k = std::size_t(s.topK);
    const Row u = selectionScore(c, r, t);
    if (s.select == Select::all) return bestOf(u, u.size());
    if (s.groupRule == GroupRule::perGroup) {
        const auto groups = std::size_t(s.groups), members = u.size() / groups;
        Row open(u.size(), -kInf);
        for (std::size_t g = 0; g < groups; ++g) {
            const Ints own = ranking(Row(u.begin() + long(g * members), u.begin() + long((g + 1) * members)));
            for (std::size_t i = 0; i < k / groups; ++i) open[g * members + std::size_t(own[i])] = u[g * members + std::size_t(own[i])];
        }
        return bestOf(open, k);
    }
    const bool random = c.training || s.noiseAtEvaluation;
    if (s.second == Second::gumbel && s.secondScale > 0 && random) {
        const Ints first = bestOf(u, 1);
        Row second(u.size(), -kInf);
        for (std::size_t e = 0; e < u.size(); ++e)
            if (u[e] != -kInf && std::int64_t(e) != first[0]) second[e] = r.noisy[t][e] + s.secondScale * c.gumbel[t][e];
        return {first[0], bestOf(second, 1)[0]};
    }
    return bestOf(u, k);
}

// Experts take tokens: C of each group of tokens.
inline void expertChoice(const Case& c, Result& r) {
    const std::size_t T = c.tokens(), E = c.experts();
    const std::size_t group = c.spec.capacity.groupTokens > 0 ? std::size_t(c.spec.capacity.groupTokens) : T;
    Table score(T);
    std::vector<Ints> place(T, Ints(E, -1));
    for (std::size_t t = 0; t < T; ++t) {
        score[t] = scoreOf(c.spec, r.noisy[t]);
        for (std::size_t e = 0; e < E && !c.bias.empty(); ++e) score[t][e] += c.bias[e];
    }
    for (std::size_t begin = 0; begin < T; begin += group) {
        const std::size_t end = std::min(T, begin + group);
        const std::int64_t C = capacityOf(c.spec, std::int64_t(end - begin), c.training);
        for (std::size_t e = 0; e < E; ++e) {
            if (!c.muted.empty() && c.muted[e]) continue;
            Row column;
            for (std::size_t t = begin; t < end; ++t) column.push_back(score[t][e]);
            const Ints order = ranking(column);
            for (std::int64_t i = 0; i < C; ++i) place[begin + std::size_t(order[std::size_t(i)])][e] = i;
        }
    }
    for (std::size_t t = 0; t < T; ++t) {
        Row open(E, -kInf);
        for (std::size_t e = 0; e < E; ++e)
            if (place[t][e] >= 0) open[e] = score[t][e];
        r.experts.push_back(bestOf(open, E));
        Ints positions;
        for (const auto e : r.experts.back()) positions.push_back(e < 0 ? -1 : place[t][std::size_t(e)]);
        r.positions.push_back(positions);
    }
}

inline bool manyChosen(const RouterSpec& s) { return (s.select == Select::all ? s.experts : s.topK) > 1; }

inline Row weigh(const Case& c, const Result& r, std::size_t t) {
    const RouterSpec& s = c.spec;
    const Ints& chosen = r.experts[t];
    Row w(chosen.size(), 0);
    const Row& logits = s.noiseReachesWeights ? r.noisy[t] : r.clean[t];
    double top = -kInf, sum = 0;
    for (const auto e : chosen)
        if (e >= 0) top = std::max(top, logits[std::size_t(e)]);
    for (std::size_t j = 0; j < chosen.size(); ++j) {
        if (chosen[j] < 0) continue;
        const auto e = std::size_t(chosen[j]);
        if (s.weigh == Weigh::one) w[j] = 1;
        else if (s.weigh == Weigh::uniform) w[j] = 1 / double(s.select == Select::all ? s.experts : s.topK);
        else w[j] = s.score == Score::softmaxSelected ? std::exp(logits[e] - top) : r.confidence[t][e];
        sum += w[j];
    }
    const bool byScore = s.weigh != Weigh::one && s.weigh != Weigh::uniform;
    if (byScore && s.score == Score::softmaxSelected)
        for (double& v : w) v /= sum;
    if (!manyChosen(s)) return w;
    if (s.weigh == Weigh::renorm) w = overSum(w);
    if (s.weigh == Weigh::lp) {
        const double p = std::get<double>(s.options.at("p"));
        double norm = 0;
        for (double v : w) norm += std::pow(v, p);
        for (double& v : w) v /= norm > 0 ? std::pow(norm, 1 / p) : 1;
    }
    return w;
}

inline void keepSecondByChance(const Case& c, Result& r) {
    const RouterSpec& s = c.spec;
    if (s.second != Second::random || s.secondScale <= 0 || (!c.training && !s.noiseAtEvaluation)) return;
    for (std::size_t t = 0; t < c.tokens(); ++t) {
        const bool take = r.experts[t][1] >= 0 && c.uniform[t][0] < r.gates[t][1] / s.secondScale;
        r.secondTaken.push_back(take);
        if (take) continue;
        r.experts[t][1] = -1;
        r.gates[t][1] = 0;
    }
}

// Queue of one group: who asks whom, in which order.
inline void queueUp(const Case& c, Result& r, std::size_t begin, std::size_t end) {
    const RouterSpec& s = c.spec;
    const std::int64_t C = capacityOf(s, std::int64_t(end - begin), c.training);
    const std::size_t slots = r.experts.front().size();
    const Priority priority = C > 0 ? s.capacity.priority : Priority::position;
    if (priority == Priority::prob || priority == Priority::random) {
        for (std::int64_t e = 0; e < s.experts; ++e) {
            std::vector<std::pair<std::size_t, std::size_t>> asking;
            Row value;
            for (std::size_t t = begin; t < end; ++t)
                for (std::size_t j = 0; j < slots; ++j)
                    if (r.experts[t][j] == e) {
                        asking.push_back({t, j});
                        value.push_back(priority == Priority::prob ? r.confidence[t][std::size_t(e)] : c.uniform[t][std::size_t(e)]);
                    }
            const Ints order = ranking(value);
            for (std::size_t i = 0; i < order.size(); ++i) {
                const auto [t, j] = asking[std::size_t(order[i])];
                r.positions[t][j] = std::int64_t(i);
            }
        }
    } else {
        Row key;
        for (std::size_t t = begin; t < end; ++t)
            key.push_back(priority == Priority::bpr ? *std::max_element(r.confidence[t].begin(), r.confidence[t].end()) : 0);
        Ints length(c.experts(), 0);
        for (std::size_t j = 0; j < slots; ++j)
            for (const auto i : ranking(key)) {
                const std::size_t t = begin + std::size_t(i);
                if (const auto e = r.experts[t][j]; e >= 0) r.positions[t][j] = length[std::size_t(e)]++;
            }
    }
    for (std::size_t t = begin; t < end; ++t)
        for (std::size_t j = 0; j < slots; ++j)
            r.kept[t][j] = r.experts[t][j] >= 0 && (C == 0 || r.positions[t][j] < C);
}

inline void finishWeights(const Case& c, Result& r) {
    r.weights = r.gates;
    for (std::size_t t = 0; t < c.tokens(); ++t) {
        for (std::size_t j = 0; j < r.weights[t].size(); ++j)
            if (!r.kept[t][j]) r.weights[t][j] = 0;
        if (c.spec.weigh == Weigh::renormAfterDrop && manyChosen(c.spec)) r.weights[t] = overSum(r.weights[t]);
        for (double& w : r.weights[t]) w *= c.spec.scale;
    }
}

inline double normalCdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

inline void estimateLoad(const Case& c, Result& r) {
    const bool shazeer = c.spec.noise == Noise::logitGaussLearned, vmoe = c.spec.noise == Noise::logitGaussFixed;
    if (!noisyNow(c) || !(shazeer || vmoe) || c.spec.topK >= c.spec.experts) return;
    for (std::size_t t = 0; t < c.tokens(); ++t) {
        const Ints order = ranking(r.noisy[t]);
        const double kth = r.noisy[t][std::size_t(order[std::size_t(c.spec.topK - 1)])], next = r.noisy[t][std::size_t(order[std::size_t(c.spec.topK)])];
        Row row;
        for (std::size_t e = 0; e < c.experts(); ++e) {
            const double threshold = shazeer && r.noisy[t][e] > next ? next : kth;
            row.push_back(normalCdf((r.clean[t][e] - threshold) / r.std[t][e]));
        }
        r.load.push_back(row);
    }
}

inline Result route(const Case& c) {
    Result r;
    makeScores(c, r);
    const std::size_t T = c.tokens();
    if (c.spec.select == Select::expertTopC) expertChoice(c, r);
    else
        for (std::size_t t = 0; t < T; ++t) r.experts.push_back(chooseToken(c, r, t));
    for (std::size_t t = 0; t < T; ++t) r.gates.push_back(weigh(c, r, t));
    keepSecondByChance(c, r);
    const std::size_t slots = r.experts.front().size();
    r.kept.assign(T, std::vector<bool>(slots, false));
    if (c.spec.select == Select::expertTopC) {
        for (std::size_t t = 0; t < T; ++t)
            for (std::size_t j = 0; j < slots; ++j) r.kept[t][j] = r.experts[t][j] >= 0;
    } else {
        r.positions.assign(T, Ints(slots, -1));
        const std::size_t group = c.spec.capacity.groupTokens > 0 ? std::size_t(c.spec.capacity.groupTokens) : T;
        for (std::size_t begin = 0; begin < T; begin += group) queueUp(c, r, begin, std::min(T, begin + group));
    }
    finishWeights(c, r);
    r.counts.assign(c.experts(), 0);
    r.first.assign(c.experts(), 0);
    for (const Ints& row : r.experts) {
        for (const auto e : row)
            if (e >= 0) ++r.counts[std::size_t(e)];
        if (row[0] >= 0) ++r.first[std::size_t(row[0])];
    }
    estimateLoad(c, r);
    return r;
}

// ---- slots (Soft MoE) -----------------------------------------------------------------------------------------------------

struct SlotShares {
    Table dispatch, combine;  // [tokens of a sequence][slots]
};

// z = scale * x/|x| . phi/|phi|; softmax over tokens, and over the slots of experts that are not muted.
inline SlotShares slotShares(const Table& x, const Table& phi, double scale, std::size_t slotsPerExpert, const std::vector<bool>& muted = {}, const Row& rig = {}) {
    const auto unit = [](Row row) {
        double squares = 1e-6;
        for (const double v : row) squares += v * v;
        for (double& v : row) v /= std::sqrt(squares);
        return row;
    };
    const std::size_t m = x.size(), n = phi.size();
    SlotShares out{Table(m, Row(n)), Table(m)};
    Table z(m, Row(n));
    for (std::size_t t = 0; t < m; ++t)
        for (std::size_t j = 0; j < n; ++j) {
            const Row a = unit(x[t]), b = unit(phi[j]);
            z[t][j] = scale * std::inner_product(a.begin(), a.end(), b.begin(), 0.0) + (rig.empty() ? 0 : rig[j / slotsPerExpert]);
        }
    for (std::size_t j = 0; j < n; ++j) {
        Row column;
        for (std::size_t t = 0; t < m; ++t) column.push_back(z[t][j]);
        column = softmax(column);
        for (std::size_t t = 0; t < m; ++t) out.dispatch[t][j] = column[t];
    }
    for (std::size_t t = 0; t < m; ++t) {
        Row open = z[t];
        for (std::size_t j = 0; j < n; ++j)
            if (!muted.empty() && muted[j / slotsPerExpert]) open[j] = -kInf;
        out.combine[t] = softmax(open);
    }
    return out;
}

// ---- losses ---------------------------------------------------------------------------------------------------------------

struct Slice {
    std::size_t begin, end;
};

inline std::vector<Slice> slicesOf(const Case& c, Scope scope) {
    const std::size_t rows = scope == Scope::sequence ? std::size_t(c.sequences) : 1, length = c.tokens() / rows;
    std::vector<Slice> out;
    for (std::size_t i = 0; i < rows; ++i) out.push_back({i * length, (i + 1) * length});
    return out;
}

inline double variation(const Row& x, bool sample) {
    const double n = double(x.size()), mean = sumOf(x) / n;
    double sum = 0;
    for (double v : x) sum += (v - mean) * (v - mean);
    return x.size() == 1 ? 0 : sum / (sample ? n - 1 : n) / (mean * mean + 1e-10);
}

inline double lossOf(const Case& c, const Result& r, const BalanceTerm& term) {
    const bool shazeer = c.spec.score == Score::softmaxSelected || c.spec.noise == Noise::logitGaussLearned;
    const bool firstOnly = term.kind == LossKind::switchTop1 || term.kind == LossKind::gshardTop1;
    double total = 0;
    const auto slices = slicesOf(c, term.scope);
    for (const Slice slice : slices) {
        const double n = double(slice.end - slice.begin);
        Row f(c.experts(), 0), P(c.experts(), 0), importance(c.experts(), 0), load(c.experts(), 0);
        for (std::size_t t = slice.begin; t < slice.end; ++t) {
            for (std::size_t j = 0; j < r.experts[t].size(); ++j) {
                const auto e = r.experts[t][j];
                if (e < 0) continue;
                if (j == 0 || !firstOnly) f[std::size_t(e)] += 1 / n;
                if (shazeer) importance[std::size_t(e)] += r.gates[t][j];
                if (r.load.empty()) load[std::size_t(e)] += 1;
            }
            for (std::size_t e = 0; e < c.experts(); ++e) {
                P[e] += r.shares[t][e] / n;
                if (!shazeer) importance[e] += r.p[t][e];
                if (!r.load.empty()) load[e] += shazeer ? r.load[t][e] : r.load[t][e] / n;
            }
        }
        double value = 0;
        for (std::size_t e = 0; e < c.experts(); ++e) value += double(c.spec.experts) * f[e] * P[e];
        const double k = double(c.spec.select == Select::all ? c.spec.experts : c.spec.topK);
        if (term.kind == LossKind::topkMean) value /= k;
        if (term.kind == LossKind::importance) value = variation(importance, shazeer);
        if (term.kind == LossKind::load) value = variation(load, shazeer);
        total += value / double(slices.size());
    }
    return total;
}

inline double zLoss(const Result& r) {
    double sum = 0;
    for (const Row& z : r.z) {
        const double top = *std::max_element(z.begin(), z.end());
        double lse = 0;
        for (double v : z) lse += std::exp(v - top);
        lse = top + std::log(lse);
        sum += lse * lse / double(r.z.size());
    }
    return sum;
}

// Task plus auxiliary objective as a function of the clean logits; `task` is d loss / d weight [T][slots].
inline double objective(const Case& c, const Table& task) {
    const Result r = route(c);
    double sum = c.spec.zCoefficient * zLoss(r);
    for (std::size_t t = 0; t < c.tokens(); ++t)
        for (std::size_t j = 0; j < r.weights[t].size() && !task.empty(); ++j) sum += task[t][j] * r.weights[t][j];
    if (c.spec.balance.kind != LossKind::none) sum += c.spec.balance.coefficient * lossOf(c, r, c.spec.balance);
    for (const BalanceTerm& term : c.spec.more) sum += term.coefficient * lossOf(c, r, term);
    return sum;
}

// Central differences; selection must not change within the step.
inline Table gradient(Case c, const Table& task, double step = 1e-6) {
    Table out = c.z;
    for (std::size_t t = 0; t < c.tokens(); ++t)
        for (std::size_t e = 0; e < c.experts(); ++e) {
            const double z = c.z[t][e];
            c.z[t][e] = z + step;
            const double above = objective(c, task);
            c.z[t][e] = z - step;
            out[t][e] = (above - objective(c, task)) / (2 * step);
            c.z[t][e] = z;
        }
    return out;
}

}  // namespace moescope::routing::reference
