// What a training says while it runs: JSON lines on stdout with --json, a live line on stderr for people.
#pragma once

#include <cstdint>
#include <optional>

#include "app/engine/context.hpp"
#include "core/config/run_config.hpp"
#include "core/telemetry/records.hpp"

namespace moescope::app {

/// Sits between trainer and store: passes everything on to `next` and prints what is due. Trainer's thread only.
class Progress : public telemetry::TelemetrySink {
public:
    Progress(const Context& context, telemetry::TelemetrySink& next, std::vector<std::string> domains, std::int64_t steps);

    void report(const telemetry::StepTelemetry&) override;
    void evaluated(const telemetry::Evaluation&) override;
    void event(const telemetry::Event&) override;
    void probe(const telemetry::ProbeSnapshot& snapshot) override { m_next.probe(snapshot); }
    void plane(const telemetry::PlaneSnapshot& plane) override { m_next.plane(plane); }
    void sample(const telemetry::GeneratedSample& sample) override { m_next.sample(sample); }

    /// Ends the live line, so that what follows starts on a line of its own.
    void endLine();
    const std::optional<telemetry::StepTelemetry>& lastReport() const { return m_last; }
    const std::optional<telemetry::Evaluation>& lastEvaluation() const { return m_evaluation; }
    Json domainLosses() const;

private:
    void liveLine();
    std::string line() const;

    const Context& m_context;
    telemetry::TelemetrySink& m_next;
    std::vector<std::string> m_domains;
    std::int64_t m_steps;
    bool m_terminal;
    bool m_lineOpen = false;
    std::int64_t m_lastLine = 0;
    double m_rate = 0;  ///< steps a second, smoothed
    std::optional<telemetry::StepTelemetry> m_last;
    std::optional<telemetry::Evaluation> m_evaluation;
};

/// The object of `report` lines and of `finished`'s layers.
Json layersJson(const telemetry::StepTelemetry&);

}  // namespace moescope::app
