// Loops for CPU tensors; everything else goes to the tensor forms.
#include "core/tensor.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/routing/choice.hpp"

namespace moescope::routing {

namespace {

constexpr std::int64_t kGrain = 1024;  // tokens

template <class T>
bool beats(T a, T b) {
    return a > b || (std::isnan(a) && !std::isnan(b));
}

// Sorted insertion into the k best so far; an equal newcomer stays behind.
template <class T>
void largestOfRow(const T* row, std::int64_t columns, std::int64_t k, bool skip, std::int64_t* out) {
    std::int64_t found = 0;
    for (std::int64_t column = 0; column < columns; ++column) {
        if (skip && row[column] == -std::numeric_limits<T>::infinity()) continue;
        if (found == k && !beats(row[column], row[out[k - 1]])) continue;
        std::int64_t place = found < k ? found++ : k - 1;
        for (; place > 0 && beats(row[column], row[out[place - 1]]); --place) out[place] = out[place - 1];
        out[place] = column;
    }
    std::fill(out + found, out + k, -1);
}

std::int64_t groupLength(std::int64_t groupTokens, std::int64_t tokens) {
    return groupTokens > 0 ? groupTokens : std::max<std::int64_t>(1, tokens);
}

// One group: `order` maps a place to a token, or is null.
void queueGroup(const std::int64_t* experts, std::int64_t slots, std::int64_t begin, std::int64_t end,
                const std::int64_t* order, std::vector<std::int64_t>& length, std::int64_t* positions) {
    std::ranges::fill(length, 0);
    for (std::int64_t slot = 0; slot < slots; ++slot)
        for (std::int64_t place = begin; place < end; ++place) {
            const std::int64_t at = (order ? order[place] : place) * slots + slot;
            positions[at] = experts[at] < 0 ? -1 : length[static_cast<std::size_t>(experts[at])]++;
        }
}

// A score and its row as one number that sorts by falling score, then by rising row. NaN is the largest, -0 equals 0.
struct Ranked {
    double score;
    std::int64_t row;
    bool operator<(const Ranked& other) const { return score > other.score || (score == other.score && row < other.row); }
};

template <class T>
double sortable(T value) {
    return std::isnan(value) ? std::numeric_limits<double>::max() * 2 : static_cast<double>(value);
}

// One column of one group: the finite scores are sorted, the rest follow as they stand.
template <class T>
void rankColumn(const T* scores, std::int64_t columns, std::int64_t begin, std::int64_t end, std::vector<Ranked>& work, std::int64_t* ranks) {
    work.clear();
    for (std::int64_t row = begin; row < end; ++row)
        if (const T score = scores[row * columns]; score != -std::numeric_limits<T>::infinity()) work.push_back({sortable(score), row});
    std::sort(work.begin(), work.end());
    std::int64_t last = static_cast<std::int64_t>(work.size());
    for (std::int64_t place = 0; place < static_cast<std::int64_t>(work.size()); ++place)
        ranks[work[static_cast<std::size_t>(place)].row * columns] = place;
    for (std::int64_t row = begin; row < end; ++row)
        if (scores[row * columns] == -std::numeric_limits<T>::infinity()) ranks[row * columns] = last++;
}

}  // namespace

at::Tensor columnRanks(const at::Tensor& scores, std::int64_t groupTokens) {
    if (!scores.device().is_cpu()) return columnRanksByTensors(scores, groupTokens);
    const at::Tensor from = scores.detach().contiguous();
    const std::int64_t tokens = from.size(0), columns = from.size(1), group = groupLength(groupTokens, tokens);
    at::Tensor out = at::empty({tokens, columns}, from.options().dtype(at::kLong));
    std::int64_t* ranks = out.mutable_data_ptr<std::int64_t>();
    AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "columnRanks", [&] {
        const scalar_t* data = from.const_data_ptr<scalar_t>();
        at::parallel_for(0, columns, 1, [&](std::int64_t first, std::int64_t last) {
            std::vector<Ranked> work;
            for (std::int64_t column = first; column < last; ++column)
                for (std::int64_t begin = 0; begin < tokens; begin += group)
                    rankColumn(data + column, columns, begin, std::min(begin + group, tokens), work, ranks + column);
        });
    });
    return out;
}

at::Tensor largest(const at::Tensor& scores, std::int64_t k, bool skipMinusInfinity) {
    if (!scores.device().is_cpu()) return largestByTensors(scores, k, skipMinusInfinity);
    const at::Tensor rows = scores.detach().contiguous();
    const std::int64_t tokens = rows.size(0), columns = rows.size(1);
    at::Tensor out = at::empty({tokens, k}, rows.options().dtype(at::kLong));
    std::int64_t* chosen = out.mutable_data_ptr<std::int64_t>();
    AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "largest", [&] {
        const scalar_t* data = rows.const_data_ptr<scalar_t>();
        at::parallel_for(0, tokens, kGrain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t token = begin; token < end; ++token)
                largestOfRow(data + token * columns, columns, k, skipMinusInfinity, chosen + token * k);
        });
    });
    return out;
}

at::Tensor queuePositions(const at::Tensor& experts, std::int64_t expertCount, std::int64_t groupTokens,
                          const at::Tensor& tokenOrder) {
    if (!experts.device().is_cpu()) return queuePositionsByTensors(experts, expertCount, groupTokens, tokenOrder);
    const at::Tensor from = experts.contiguous();
    const at::Tensor order = tokenOrder.defined() ? tokenOrder.contiguous() : tokenOrder;
    at::Tensor out = at::empty_like(from);
    const std::int64_t tokens = from.size(0), slots = from.size(1), group = groupLength(groupTokens, tokens);
    std::vector<std::int64_t> length(static_cast<std::size_t>(expertCount));
    for (std::int64_t begin = 0; begin < tokens; begin += group)
        queueGroup(from.const_data_ptr<std::int64_t>(), slots, begin, std::min(begin + group, tokens),
                   order.defined() ? order.const_data_ptr<std::int64_t>() : nullptr, length,
                   out.mutable_data_ptr<std::int64_t>());
    return out;
}

at::Tensor countExperts(const at::Tensor& experts, std::int64_t expertCount) {
    if (!experts.device().is_cpu()) return countExpertsByTensors(experts, expertCount);
    const at::Tensor from = experts.contiguous();
    const std::int64_t rows = from.size(0), columns = from.size(1);
    at::Tensor out = at::zeros({rows, expertCount}, from.options());
    const std::int64_t* data = from.const_data_ptr<std::int64_t>();
    std::int64_t* counts = out.mutable_data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t column = 0; column < columns; ++column) {
            const std::int64_t expert = data[row * columns + column];
            if (expert >= 0) ++counts[row * expertCount + expert];
        }
    return out;
}

}  // namespace moescope::routing
