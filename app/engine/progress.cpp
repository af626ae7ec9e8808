// Prints a training's reports.
#include "app/engine/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "core/base/clock.hpp"

namespace moescope::app {
namespace {

constexpr std::int64_t kTerminalPause = 500'000'000;   // ns: two lines a second
constexpr std::int64_t kPlainPause = 10'000'000'000;   // one line in ten seconds

float at(const std::vector<float>& values, std::size_t index) {
    return index < values.size() ? values[index] : static_cast<float>(telemetry::kNone);
}

void writeError(const std::string& text) { [[maybe_unused]] const ssize_t done = ::write(STDERR_FILENO, text.data(), text.size()); }

std::string clockText(double seconds) {
    if (!std::isfinite(seconds) || seconds > 359'999) return "--:--";
    const auto whole = static_cast<std::int64_t>(seconds + 0.5);
    const std::string rest = std::to_string(whole % 60);
    return std::to_string(whole / 60) + (rest.size() < 2 ? ":0" : ":") + rest;
}

}  // namespace

Json layersJson(const telemetry::StepTelemetry& t) {
    Json layers = Json::array();
    const std::size_t count = t.effectiveExperts.size();
    const std::size_t experts = count ? t.load.size() / count : 0;
    for (std::size_t layer = 0; layer < count; ++layer) {
        Json load = Json::array();
        for (std::size_t e = 0; e < experts; ++e) load.push_back(number(t.load[layer * experts + e]));
        layers.push_back({{"load", load}, {"effective_experts", number(t.effectiveExperts[layer])},
                          {"top1_weight", number(at(t.top1Weight, layer))}, {"top1_probability", number(at(t.top1Probability, layer))},
                          {"top1_load", number(at(t.top1Load, layer))}, {"dead", number(at(t.dead, layer))},
                          {"dropped", number(at(t.droppedAssignments, layer))}});
    }
    return layers;
}

Progress::Progress(const Context& context, telemetry::TelemetrySink& next, std::vector<std::string> domains, std::int64_t steps)
    : m_context(context), m_next(next), m_domains(std::move(domains)), m_steps(steps), m_terminal(isatty(STDERR_FILENO)),
      m_lastLine(base::monotonicNanoseconds()) {}

void Progress::report(const telemetry::StepTelemetry& t) {
    m_next.report(t);
    if (m_last && t.seconds > m_last->seconds && t.step > m_last->step) {
        const double rate = static_cast<double>(t.step - m_last->step) / (t.seconds - m_last->seconds);
        m_rate = m_rate > 0 ? m_rate + 0.05 * (rate - m_rate) : rate;
    }
    m_last = t;
    if (m_context.json) m_context.result({{"event", "report"}, {"step", t.step}, {"tokens", t.tokens}, {"flops", number(t.flops)},
                                          {"seconds", number(t.seconds)}, {"loss", number(t.loss)}, {"auxiliary", number(t.auxiliary)},
                                          {"learning_rate", number(t.learningRate)}, {"gradient_norm", number(t.gradientNorm)},
                                          {"tokens_per_second", number(t.tokensPerSecond)}, {"layers", layersJson(t)}}, {});
    liveLine();
}

void Progress::evaluated(const telemetry::Evaluation& evaluation) {
    m_next.evaluated(evaluation);
    m_evaluation = evaluation;
    if (m_context.json) m_context.result({{"event", "evaluated"}, {"step", evaluation.step}, {"val_loss", number(evaluation.loss)},
                                          {"bits_per_byte", number(evaluation.bitsPerByte)}, {"domains", domainLosses()}}, {});
}

void Progress::event(const telemetry::Event& event) {
    m_next.event(event);
    if (m_context.json)
        m_context.result({{"event", "event"}, {"step", event.step}, {"severity", static_cast<int>(event.severity)}, {"code", event.code},
                          {"text", event.text}, {"detail", Json::parse(event.detailJson, nullptr, false)}}, {});
    else if (event.severity != telemetry::Severity::info) {
        endLine();
        m_context.say("step " + std::to_string(event.step) + "  " + event.text);
    }
}

Json Progress::domainLosses() const {
    Json domains = Json::object();
    if (m_evaluation)
        for (std::size_t d = 0; d < std::min(m_domains.size(), m_evaluation->domainLoss.size()); ++d)
            domains[m_domains[d]] = number(m_evaluation->domainLoss[d]);
    return domains;
}

void Progress::endLine() {
    if (m_lineOpen) writeError("\n");
    m_lineOpen = false;
}

void Progress::liveLine() {
    if (m_context.quiet) return;
    const std::int64_t now = base::monotonicNanoseconds();
    if (now - m_lastLine < (m_terminal ? kTerminalPause : kPlainPause)) return;
    m_lastLine = now;
    writeError(m_terminal ? "\r\x1b[K" + line() : line() + "\n");
    m_lineOpen = m_terminal;
}

std::string Progress::line() const {
    std::string text = "step " + std::to_string(m_last->step) + "/" + std::to_string(m_steps) + "  loss " + fixed(m_last->loss, 3);
    if (m_evaluation) text += "  val " + fixed(m_evaluation->loss, 3);
    if (!m_last->effectiveExperts.empty()) text += "  effective experts " + fixed(m_last->effectiveExperts[0], 1);
    text += "  " + fixed(m_rate, 1) + " steps/s";
    return text + "  " + clockText(static_cast<double>(m_steps - m_last->step) / m_rate) + " left";
}

}  // namespace moescope::app
