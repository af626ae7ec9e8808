// Experiments: what the literature says of routers, as tables of runs, readings and claims that a small machine can try.
//
// One declaration is one experiment: arms (presets and settings on top of a run preset), and claims about what is read off the finished
// runs. Runs are paired by their seeds; an arm may begin with what another arm of its seed has learned. Nothing here trains or reads a
// store. Thread: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/study.hpp"
#include "core/conversion/conversion.hpp"
#include "core/statistics/resampling.hpp"

namespace moescope::experiments {

/// An earlier arm that an arm is converted from: its settings, and unless `fresh` its last weights.
struct Origin {
    std::size_t arm = 0;
    conversion::Order order;
    bool fresh = false;   ///< the same settings from scratch: the control
};

struct Arm {
    std::string name;                  ///< "no balance loss"
    std::vector<std::string> presets;  ///< router presets on top of the experiment's base, or none
    std::vector<std::string> sets;     ///< "KEY=VALUE" on top
    std::optional<Origin> from = std::nullopt;   ///< then `presets` are none
    std::optional<std::size_t> teacher = std::nullopt;   ///< the earlier arm whose finished run of the same seed teaches it
};

enum class Layers { mean, first, largest };

/// A stored series between two shares of the run's steps (equal: the value there). Besides the series of `series`: "domain_information"
/// and "probe_load_cv" (of the probe at or before `to`), "saturation" (share of the probe's first choices at `to` that are those of the end),
/// "joint_violation" (largest load of the stretch's steps together, over the fair share, minus one), "churn" (share of a token's choices that the probe before did not have, mean of the probes in the stretch) and "drop_slope" (drop rate
/// of the last quarter of a sequence minus that of the first). What is measured on the last weights is listed by measuredTerms().
struct Term {
    std::string metric;
    double from = 1, to = 1;
    Layers layers = Layers::mean;
    std::optional<double> under = std::nullopt;   ///< read the step from which on five reports in a row average less than this; kNever if none
    std::vector<std::string> sets = {};           ///< measured: with these settings changed
    bool operator==(const Term&) const = default;
};
inline constexpr double kNever = 1e6;   ///< more steps than any experiment has

/// Measured on the last weights, on validation rows unless said otherwise, in nats per token. "whole_loss" and "prefix_loss": each token
/// after the first of a row that is read alone, with the whole row in sight or with its prefix only. "seen_loss": on the rows of the last steps of training,
/// without noise. "changed_loss": the run's validation loss with `sets`. "flipped": share of the probe's choices that `sets` changes.
/// "moefied_truth", "moefied_similarity", "moefied_random": the validation loss of a dense run whose layers are split into 16 clusters, all at
/// work unless `sets` says otherwise, chosen by what they would answer, by their mean neuron, or by chance.
std::span<const std::string_view> measuredTerms();
struct Reading {
    std::string name;            ///< "validation loss"
    Term term;
    std::optional<Term> minus;   ///< subtracted
};

/// below: one arm's number lies below the other's. atMostTimes: it is at most `bound` times the other's. atMost, atLeast: a bound alone.
enum class Form { below, atMostTimes, atMost, atLeast };

struct Claim {
    std::string text;             ///< what is expected, as a sentence
    Form form = Form::below;
    std::size_t arm = 0, other = 0;
    Reading reading;
    double bound = 0;
    bool decides = true;          ///< counts for the verdict; the others are told
    std::optional<Reading> otherReading = std::nullopt;  ///< of `other`, where it is another number
};

/// Something that needs no training: a router on a table of numbers.
struct Exact {
    std::string text;
    double (*measure)() = nullptr;   ///< the largest deviation from what is claimed
    double tolerance = 0;
};

struct Experiment {
    std::string id, title;
    std::string expected;            ///< the published direction
    std::string source;
    std::int64_t steps = 400;
    std::vector<std::string> sets;   ///< of all arms
    std::vector<Arm> arms;
    std::vector<Claim> claims;
    std::vector<Exact> exact;
    std::string base = "eight_domains";   ///< run preset below all arms
};

/// All experiments, by number.
const std::vector<Experiment>& all();
const Experiment* find(std::string_view id);   ///< nullptr: there is none; "x6" is X6

/// Its runs, seed after seed, arms in their order, each of the group "X6 G=8". `steps` 0: as declared.
std::variant<std::vector<config::StudyRun>, base::Problems> runsOf(const Experiment& experiment, std::span<const std::int64_t> seeds, std::int64_t steps);

enum class Verdict { confirmed, notSeen, contrary };
std::string_view toText(Verdict verdict);   ///< "confirmed", "not seen at this scale", "contrary"

struct Finding {
    Verdict verdict = Verdict::notSeen;
    std::vector<double> values, others;   ///< paired by seed; others empty where only a bound is asked for
    double difference = statistics::kUnknown;  ///< mean of values - others; of values - bound where there are none
    double pooled = statistics::kUnknown;      ///< pooled standard deviation of the two arms
    statistics::Interval interval;             ///< of the mean difference
    statistics::SignFlip test;
};

/// `values` and `others`: one for each seed, NaN where it could not be read (the pair is left out). below: confirmed when the mean difference
/// is negative and larger than twice the pooled standard deviation, contrary when it is as far on the other side. Bounds are confirmed
/// when every seed keeps them; atMostTimes is contrary when `below` would be. Below two seeds nothing is seen.
Finding judge(const Claim& claim, std::span<const double> values, std::span<const double> others);

/// Contrary if any deciding part is, confirmed if all are, else not seen. `exact` parts are within their tolerance or contrary.
Verdict verdictOf(const Experiment& experiment, const std::vector<Finding>& findings, const std::vector<double>& exact);

}  // namespace moescope::experiments
