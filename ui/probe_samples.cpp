// Mean losses of sequences, sorted.
#include "ui/probe_samples.hpp"

#include <algorithm>
#include <cmath>

#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kFirstTokens = 120;

QString beginning(const telemetry::ProbeSnapshot& probe, const ProbeSequence& sequence) {
    if (probe.tokenTexts.empty()) return QStringLiteral("point %1").arg(sequence.from);  // of a plane
    std::string text;
    for (int t = sequence.from; t < sequence.from + std::min(sequence.count, kFirstTokens); ++t) text += probe.tokenTexts[static_cast<std::size_t>(t)];
    return RunWords::oneLine(text);
}

}  // namespace

std::vector<ProbeSample> samplesByLoss(const telemetry::ProbeSnapshot& probe) {
    std::vector<ProbeSample> samples;
    for (const ProbeSequence& sequence : sequencesOf(probe)) {
        double sum = 0, count = 0;
        for (int t = sequence.from; t < sequence.from + sequence.count && static_cast<std::size_t>(t) < probe.losses.size(); ++t)
            if (const double loss = probe.losses[static_cast<std::size_t>(t)]; !std::isnan(loss)) {
                sum += loss;
                ++count;
            }
        if (count > 0) samples.push_back({sequence.from, sequence.domain, sum / count, beginning(probe, sequence)});
    }
    std::ranges::stable_sort(samples, std::greater(), &ProbeSample::loss);
    return samples;
}

}  // namespace moescope::ui
