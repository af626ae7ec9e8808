// Words of the Train page.
#include "ui/train_text.hpp"

#include <QCoreApplication>

#include <cmath>

#include "plots/figures.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

QString text(const char* source) { return QCoreApplication::translate("Train", source); }

}  // namespace

AxisWords axisWords(XAxis axis) {
    switch (axis) {
        case XAxis::step: return {text("step"), text("training step"), text("steps")};
        case XAxis::tokens: return {text("tokens"), text("training tokens"), text("tokens")};
        case XAxis::flops: return {text("FLOP"), text("training FLOP"), text("FLOPs")};
        case XAxis::seconds: return {text("s"), text("training seconds, pauses left out"), text("process time")};
        case XAxis::relative: return {text("s"), text("seconds since the start, with pauses"), text("relative time")};
        case XAxis::wall: return {text("time"), text("time of day"), text("wall clock")};
    }
    return {};
}

QString emptyText(const RunData& run) {
    const std::int64_t every = run.config().telemetry.report_every;
    if (every == 0) return text("telemetry is off in this run");
    if (run.state().lockHeld || run.state().state == storage::RunState::created) return text("first point after step %1").arg(every);
    return text("nothing was recorded");
}

QString lossNote(const RunData& run) {
    const storage::RunFacts& facts = run.meta().facts;
    const Track* losses = run.track(telemetry::kDomainLoss);
    QStringList lines;
    for (std::size_t d = 0; d < facts.domains.size() && d < facts.domainFloors.size(); ++d) {
        if (std::isnan(facts.domainFloors[d])) continue;
        const double loss = losses && d < losses->width() ? losses->mean(losses->size() - 1, d) : telemetry::kNone;
        lines << text("%1: validation %2, floor %3")
                     .arg(RunWords::oneLine(facts.domains[d]), std::isnan(loss) ? QStringLiteral("–") : plots::figure(loss, plots::Figure::Fixed3),
                          plots::figure(facts.domainFloors[d], plots::Figure::Fixed3));
    }
    return lines.join(QLatin1Char('\n'));
}

QString parametersText(const RunData& run) {
    const storage::RunFacts& facts = run.meta().facts;
    if (facts.paramsTotal == facts.paramsActive) return RunWords::parameters(static_cast<double>(facts.paramsTotal));
    return text("%1, %2 active").arg(RunWords::parameters(static_cast<double>(facts.paramsTotal)), RunWords::parameters(static_cast<double>(facts.paramsActive)));
}

QString deviceText(const RunData& run) { return RunWords::oneLine(run.meta().facts.deviceName); }

}  // namespace moescope::ui
