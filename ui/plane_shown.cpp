// Cells, levels and numbers of a plane.
#include "ui/plane_shown.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

#include "plots/figures.hpp"

namespace moescope::ui {
namespace {

using plots::PlaneMapData;
using telemetry::PlaneSnapshot;

constexpr int kFiner = 4;
constexpr double kNear = 0.06, kPaleLoss = 0.22, kFaintest = 0.06;

QString text(const char* source) { return QCoreApplication::translate("Plane", source); }

PlaneMapData frame(const PlaneSnapshot& plane) {
    PlaneMapData map;
    map.columns = plane.columns * kFiner;
    map.rows = plane.rows * kFiner;
    map.left = plane.left, map.right = plane.right, map.bottom = plane.bottom, map.top = plane.top;
    return map;
}

int largest(const float* values, int count) { return static_cast<int>(std::max_element(values, values + count) - values); }

// Level and strength of each cell from outputs [cell][output]: a value, or the likeliest class and how likely it is.
void setLevels(PlaneMapData& map, const std::vector<float>& outputs, const PlaneScale& scale) {
    const std::size_t cells = outputs.size() / static_cast<std::size_t>(scale.outputs);
    map.level.resize(cells);
    map.strength.assign(cells, 1);
    if (scale.classes) map.owner.resize(cells);
    for (std::size_t cell = 0; cell < cells; ++cell) {
        const float* at = outputs.data() + cell * static_cast<std::size_t>(scale.outputs);
        const int best = scale.classes ? largest(at, scale.outputs) : 0;
        map.level[cell] = static_cast<float>(scale.level(scale.classes ? best : static_cast<double>(at[0])));
        if (!scale.classes) continue;
        map.owner[cell] = best;
        const double chance = 1.0 / scale.outputs;
        map.strength[cell] = static_cast<float>(std::clamp((static_cast<double>(at[best]) - chance) / (1 - chance), 0.15, 1.0));
    }
}

std::vector<float> ofExpert(const PlaneSnapshot& plane, int expert) {
    const auto outputs = static_cast<std::size_t>(plane.outputs), experts = static_cast<std::size_t>(plane.experts);
    std::vector<float> own;
    for (std::size_t cell = 0; cell < static_cast<std::size_t>(plane.columns * plane.rows); ++cell)
        for (std::size_t k = 0; k < outputs; ++k) own.push_back(plane.expertOutputs[(cell * experts + static_cast<std::size_t>(expert)) * outputs + k]);
    return own;
}

std::size_t cellAt(const PlaneSnapshot& plane, double x, double y) {
    const auto place = [](double at, double low, double high, int count) {
        return static_cast<std::size_t>(std::clamp(static_cast<int>((at - low) / (high - low) * count), 0, count - 1));
    };
    return place(y, plane.bottom, plane.top, plane.rows) * static_cast<std::size_t>(plane.columns) + place(x, plane.left, plane.right, plane.columns);
}

QString answerText(const PlaneSnapshot& plane, const float* outputs) {
    if (!plane.classes) return plots::figure(static_cast<double>(outputs[0]), plots::Figure::Fixed2);
    const int best = largest(outputs, plane.outputs);
    return text("class %1, %2 %").arg(best).arg(std::lround(100 * static_cast<double>(outputs[best])));
}

}  // namespace

double PlaneScale::level(double value) const {
    if (classes) return (value + 0.5) / outputs;
    return std::clamp((value - low) / std::max(high - low, 1e-9), 0.0, 1.0);
}

PlaneScale scaleOf(const PlaneSnapshot& plane) {
    PlaneScale scale;
    scale.classes = plane.classes;
    scale.outputs = std::max(1, plane.outputs);
    if (plane.classes || plane.targets.empty()) return scale;
    const auto [low, high] = std::ranges::minmax(plane.targets);
    scale.low = static_cast<double>(low), scale.high = static_cast<double>(high);
    return scale;
}

PlaneMapData gateMap(const PlaneSnapshot& plane, int solo) {
    PlaneMapData map = frame(plane);
    map.experts = plane.experts;
    const std::vector<float> p = plots::finer(plane.probabilities, plane.columns, plane.rows, plane.experts, kFiner);
    for (std::size_t cell = 0; cell < p.size() / static_cast<std::size_t>(plane.experts); ++cell) {
        const float* at = p.data() + cell * static_cast<std::size_t>(plane.experts);
        map.owner.push_back(solo >= 0 ? solo : largest(at, plane.experts));
        map.strength.push_back(std::max(static_cast<float>(kFaintest), at[map.owner.back()]));
    }
    return map;
}

PlaneMapData expertMap(const PlaneSnapshot& plane, int expert, bool everywhere) {
    PlaneMapData map = frame(plane);
    setLevels(map, plots::finer(ofExpert(plane, expert), plane.columns, plane.rows, plane.outputs, kFiner), scaleOf(plane));
    map.title = QStringLiteral("E%1").arg(expert);
    map.note = text("%1 % of the points").arg(std::lround(100 * sharesOfPoints(plane)[static_cast<std::size_t>(expert)]));
    if (everywhere) return map;
    const std::vector<float> p = plots::finer(plane.probabilities, plane.columns, plane.rows, plane.experts, kFiner);
    for (std::size_t cell = 0; cell < map.strength.size(); ++cell)
        map.strength[cell] *= 0.1F + 0.9F * p[cell * static_cast<std::size_t>(plane.experts) + static_cast<std::size_t>(expert)];
    return map;
}

PlaneMapData outputMap(const PlaneSnapshot& plane) {
    PlaneMapData map = frame(plane);
    setLevels(map, plots::finer(plane.output, plane.columns, plane.rows, plane.outputs, kFiner), scaleOf(plane));
    return map;
}

PlaneMapData lossMap(const PlaneSnapshot& plane, double& most) {
    PlaneMapData map = gateMap(plane, -1);
    for (float& strength : map.strength) strength *= static_cast<float>(kPaleLoss);
    std::vector<float> sorted = plane.losses;
    std::ranges::sort(sorted);
    most = sorted.empty() ? 1 : std::max(1e-6, static_cast<double>(sorted[sorted.size() * 95 / 100]));
    for (std::size_t i = 0; i < plane.losses.size(); ++i)
        map.marks.push_back({plane.x[i], plane.y[i], plane.domains[i], std::clamp(static_cast<double>(plane.losses[i]) / most, 0.0, 1.0)});
    map.markSize = 8;
    return map;
}

void addTargets(PlaneMapData& map, const PlaneSnapshot& plane) {
    const PlaneScale scale = scaleOf(plane);
    for (std::size_t i = 0; i < plane.x.size(); ++i) map.marks.push_back({plane.x[i], plane.y[i], plane.domains[i], scale.level(static_cast<double>(plane.targets[i]))});
}

std::vector<double> sharesOfPoints(const PlaneSnapshot& plane) {
    std::vector<double> share(static_cast<std::size_t>(plane.experts), 0);
    for (std::size_t i = 0; i < plane.x.size(); ++i)
        share[static_cast<std::size_t>(largest(plane.probabilities.data() + cellAt(plane, plane.x[i], plane.y[i]) * static_cast<std::size_t>(plane.experts), plane.experts))] +=
            1.0 / static_cast<double>(plane.x.size());
    return share;
}

PlanePoint pointAt(const PlaneSnapshot& plane, double x, double y) {
    PlanePoint point;
    point.x = x, point.y = y;
    const std::size_t cell = cellAt(plane, x, y), experts = static_cast<std::size_t>(plane.experts), outputs = static_cast<std::size_t>(plane.outputs);
    for (std::size_t e = 0; e < experts; ++e) {
        point.probabilities.push_back(plane.probabilities[cell * experts + e]);
        point.weights.push_back(plane.weights[cell * experts + e]);
        point.answers.push_back(answerText(plane, plane.expertOutputs.data() + (cell * experts + e) * outputs));
    }
    point.answer = answerText(plane, plane.output.data() + cell * outputs);
    double least = kNear;
    for (std::size_t i = 0; i < plane.x.size(); ++i)
        if (const double off = std::hypot(static_cast<double>(plane.x[i]) - x, static_cast<double>(plane.y[i]) - y); off < least) {
            least = off;
            point.nearest = static_cast<int>(i);
        }
    return point;
}

plots::Table pointTable(const PlaneSnapshot& plane) {
    plots::Table table;
    table.columns = QStringList{text("x"), text("y"), text("domain"), text("target"), text("output"), text("loss"), text("expert"), text("probability"), text("weight")};
    for (std::size_t i = 0; i < plane.x.size(); ++i) {
        const std::size_t cell = cellAt(plane, plane.x[i], plane.y[i]), experts = static_cast<std::size_t>(plane.experts);
        const float* p = plane.probabilities.data() + cell * experts;
        const float* out = plane.output.data() + cell * static_cast<std::size_t>(plane.outputs);
        const int best = largest(p, plane.experts);
        table.rows.push_back({plane.x[i], plane.y[i], static_cast<double>(plane.domains[i]), plane.targets[i], plane.classes ? largest(out, plane.outputs) : static_cast<double>(out[0]),
                              plane.losses[i], static_cast<double>(best), p[best], plane.weights[cell * experts + static_cast<std::size_t>(best)]});
    }
    return table;
}

}  // namespace moescope::ui
