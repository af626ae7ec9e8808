// Weights of one model, put into another at its start, with a look at what that does to the output.
#include "app/engine/converted_start.hpp"

#include <algorithm>
#include <cmath>
#include <unistd.h>

#include "app/engine/adopt_weights.hpp"
#include "core/config/derived.hpp"

namespace moescope::app {
namespace {

using conversion::Order;
using conversion::Weights;
using Rows = std::vector<std::vector<std::int32_t>>;

constexpr std::int64_t kCheckedRows = 4;

/// Token rows of the first validation batch.
Rows rowsToCheck(const LoadedModel& old) {
    const std::int64_t length = old.trainer->config().model.context;
    const data::Batch batch = old.corpus->validation(0, kCheckedRows, length);
    Rows rows;
    for (std::int64_t row = 0; row < batch.sequences; ++row) rows.emplace_back(batch.inputs.begin() + row * length, batch.inputs.begin() + (row + 1) * length);
    return rows;
}

double largestDifference(const std::vector<float>& one, const std::vector<float>& other) {
    double largest = one.size() == other.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i) largest = std::max(largest, std::abs(static_cast<double>(one[i]) - other[i]));
    return largest;
}

std::string shapeText(const config::RunConfig& to) {
    const auto layers = config::moeLayers(to);
    if (layers.empty()) return "dense layers of width " + std::to_string(config::denseWidth(to));
    const config::MoeShape shape = config::moeShape(to, layers.front());
    return std::to_string(shape.experts) + " experts of width " + std::to_string(shape.expertWidth) + ", " + std::to_string(shape.topK) + " for each token";
}

/// What the new run begins with; put into the fresh trainer when it is there.
class Conversion {
public:
    Conversion(const Context& context, LoadedModel old, Order order, std::int64_t step)
        : m_context(context), m_old(std::move(old)), m_order(std::move(order)), m_from(m_old.trainer->config()), m_step(step), m_rows(rowsToCheck(m_old)),
          m_weights(conversion::weightsOf(m_old.trainer->state())) {
        m_lossBefore = m_old.trainer->evaluateTokens(m_rows, &m_before).loss;
        m_old.trainer.reset();
    }

    std::string operator()(training::Trainer& fresh) const {
        Weights weights = conversion::weightsOf(fresh.state());
        conversion::convertWeights(m_weights, m_from, fresh.config(), m_order, weights);
        adoptWeights(fresh, weights, m_context.storeFolder() / ("converting-" + std::to_string(getpid())));
        std::vector<float> after;
        const double loss = fresh.evaluateTokens(m_rows, &after).loss, difference = largestDifference(m_before, after);
        m_context.result({{"event", "converted"}, {"parent", m_old.run}, {"parent_step", m_step}, {"conversion", conversion::toText(m_order.kind)}, {"keeps_function", conversion::keepsFunction(m_order)},
                          {"largest_logit_difference", number(difference)}, {"loss_before", number(m_lossBefore)}, {"loss_after", number(loss)}}, {});
        const std::string text = "\"" + m_old.name + "\" at step " + std::to_string(m_step) + ", " + std::string(conversion::toText(m_order.kind)) + ": " + shapeText(fresh.config()) + ". On " +
                                 std::to_string(m_rows.size()) + " validation rows the loss is " + fixed(loss, 4) + " (before: " + fixed(m_lossBefore, 4) + "), and no logit differs by more than " +
                                 shortDifference(difference) + ".";
        m_context.say(text);
        return text;
    }

private:
    static std::string shortDifference(double value) { return value < 1e-3 ? fixed(value * 1e6, 2) + "e-6" : fixed(value, 4); }

    const Context& m_context;
    mutable LoadedModel m_old;
    Order m_order;
    config::RunConfig m_from;
    std::int64_t m_step;
    Rows m_rows;
    Weights m_weights;
    std::vector<float> m_before;
    double m_lossBefore = 0;
};

}  // namespace

void startConverted(const Context& context, LoadedModel old, Order order, NewTraining& wanted) {
    wanted.parent = old.run;
    wanted.parentStep = old.trainer->stepsDone();
    order.seed = static_cast<std::uint64_t>(wanted.config.training.seed);
    const auto conversion = std::make_shared<Conversion>(context, std::move(old), order, wanted.parentStep);
    wanted.firstWeights = [conversion](training::Trainer& fresh) { return (*conversion)(fresh); };
}

}  // namespace moescope::app
