// From the numbers of paired seeds to a verdict on a claim, and from claims to one on the experiment.
#include <algorithm>
#include <cmath>

#include "core/experiments/experiment.hpp"

namespace moescope::experiments {
namespace {

constexpr double kClear = 2;   // pooled standard deviations
constexpr std::size_t kFewest = 2;

double pooledDeviation(const Finding& finding) {
    const double own = statistics::deviation(finding.values);
    if (finding.others.empty()) return own;
    const double other = statistics::deviation(finding.others);
    return std::sqrt((own * own + other * other) / 2);
}

Verdict direction(const Finding& finding) {
    if (!(std::abs(finding.difference) > kClear * finding.pooled)) return Verdict::notSeen;
    return finding.difference < 0 ? Verdict::confirmed : Verdict::contrary;
}

bool keeps(const Claim& claim, const Finding& finding, std::size_t i) {
    if (claim.form == Form::atMostTimes) return finding.values[i] <= claim.bound * finding.others[i];
    return claim.form == Form::atMost ? finding.values[i] <= claim.bound : finding.values[i] >= claim.bound;
}

Verdict verdictOn(const Claim& claim, const Finding& finding) {
    if (finding.values.size() < kFewest) return Verdict::notSeen;
    if (claim.form == Form::below) return direction(finding);
    bool every = true;
    for (std::size_t i = 0; i < finding.values.size(); ++i) every = every && keeps(claim, finding, i);
    if (every) return Verdict::confirmed;
    return claim.form == Form::atMostTimes && direction(finding) == Verdict::contrary ? Verdict::contrary : Verdict::notSeen;
}

}  // namespace

std::string_view toText(Verdict verdict) {
    return verdict == Verdict::confirmed ? "confirmed" : verdict == Verdict::contrary ? "contrary" : "not seen at this scale";
}

Finding judge(const Claim& claim, std::span<const double> values, std::span<const double> others) {
    const bool paired = claim.form == Form::below || claim.form == Form::atMostTimes;
    Finding finding;
    std::vector<double> differences;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i]) || (paired && !(i < others.size() && std::isfinite(others[i])))) continue;
        finding.values.push_back(values[i]);
        if (paired) finding.others.push_back(others[i]);
        differences.push_back(values[i] - (paired ? others[i] : claim.bound));
    }
    finding.difference = statistics::mean(differences);
    finding.pooled = pooledDeviation(finding);
    finding.interval = statistics::meanInterval(differences);
    if (paired) finding.test = statistics::signFlip(differences);
    finding.verdict = verdictOn(claim, finding);
    return finding;
}

Verdict verdictOf(const Experiment& experiment, const std::vector<Finding>& findings, const std::vector<double>& exact) {
    bool contrary = false, confirmed = true;
    for (std::size_t i = 0; i < findings.size(); ++i) {
        if (!experiment.claims[i].decides) continue;
        contrary = contrary || findings[i].verdict == Verdict::contrary;
        confirmed = confirmed && findings[i].verdict == Verdict::confirmed;
    }
    for (std::size_t i = 0; i < exact.size(); ++i) contrary = contrary || !(exact[i] <= experiment.exact[i].tolerance);
    return contrary ? Verdict::contrary : confirmed ? Verdict::confirmed : Verdict::notSeen;
}

}  // namespace moescope::experiments
