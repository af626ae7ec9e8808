// Scales and their ticks.
#include "plots/axis_scale.hpp"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>

namespace moescope::plots {
namespace {

double offsetFromUtc(double seconds) { return QDateTime::fromSecsSinceEpoch(qint64(seconds)).offsetFromUtc(); }

Ticks symLogTicks(const AxisScale& scale, double lo, double hi, int most) {
    Ticks ticks;
    const double greatest = std::max(std::abs(lo), std::abs(hi));
    const int decades = std::max(0, int(std::floor(std::log10(greatest / scale.threshold) + 1e-9)));
    const int stride = std::max(1, int(std::ceil(2.0 * (decades + 1) / most)));
    std::vector<double> sizes;
    for (int d = 0; d <= decades; d += stride) sizes.push_back(scale.threshold * std::pow(10.0, d));
    for (auto size = sizes.rbegin(); size != sizes.rend(); ++size)
        if (-*size >= lo * (1 + 1e-9)) ticks.at.push_back(-*size);
    if (lo <= 0 && hi >= 0) ticks.at.push_back(0);
    for (const double size : sizes)
        if (size >= lo && size <= hi * (1 + 1e-9)) ticks.at.push_back(size);
    return ticks;
}

}  // namespace

double AxisScale::to(double v) const {
    switch (kind) {
        case ScaleKind::Linear: return v;
        case ScaleKind::Log: return v > 0 ? std::log10(v) : std::isnan(v) ? v : -std::numeric_limits<double>::infinity();
        case ScaleKind::SymLog: return std::copysign(std::log10(1 + std::abs(v) / threshold), v);
    }
    return v;
}

double AxisScale::from(double u) const {
    switch (kind) {
        case ScaleKind::Linear: return u;
        case ScaleKind::Log: return std::pow(10.0, u);
        case ScaleKind::SymLog: return std::copysign((std::pow(10.0, std::abs(u)) - 1) * threshold, u);
    }
    return u;
}

Ticks scaleTicks(const AxisScale& scale, double lo, double hi, int most, bool plain) {
    Ticks ticks;
    if (scale.kind == ScaleKind::Log) ticks = logTicks(lo, hi, most);
    if (scale.kind == ScaleKind::SymLog) ticks = symLogTicks(scale, lo, hi, most);
    // Less than two decades marks on a short range: plain numbers say more.
    return ticks.at.size() < 2 ? niceTicks(lo, hi, most, plain) : ticks;
}

Ticks clockTicks(double lo, double hi, int most) {
    Ticks ticks;
    if (!std::isfinite(lo) || !std::isfinite(hi) || !(hi > lo)) return {1, {lo}};
    const double local = offsetFromUtc(lo);
    for (const double step : {1., 2., 5., 10., 15., 30., 60., 120., 300., 600., 900., 1800., 3600., 7200., 10800., 21600., 43200., 86400., 172800., 604800., 2592000., 31536000.}) {
        ticks.step = step;
        const double first = std::ceil((lo + local) / step), last = std::floor((hi + local) / step);
        if (last - first + 1 > std::max(2, most)) continue;
        for (double i = first; i <= last; ++i) ticks.at.push_back(i * step - local);
        break;
    }
    return ticks;
}

QString clockText(double seconds, double step) {
    const QDateTime when = QDateTime::fromMSecsSinceEpoch(qint64(std::llround(seconds * 1000)));
    if (step >= 86400) return QLocale::c().toString(when, QStringLiteral("d MMM"));
    return when.toString(step >= 60 ? QStringLiteral("HH:mm") : QStringLiteral("HH:mm:ss"));
}

double symLogThreshold(const std::vector<double>& values) {
    std::vector<double> sizes;
    for (const double v : values)
        if (std::isfinite(v) && v != 0) sizes.push_back(std::abs(v));
    if (sizes.empty()) return 1;
    const auto tenth = sizes.begin() + std::ptrdiff_t(sizes.size() / 10);
    std::nth_element(sizes.begin(), tenth, sizes.end());
    return std::pow(10.0, std::floor(std::log10(*tenth) + 1e-9));
}

}  // namespace moescope::plots
