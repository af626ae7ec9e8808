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

}  // namespace

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
