// Groups of runs that differ in the seed, compared with a baseline group: means, paired differences, savings.
//
// All runs are compared at one common horizon. Differences are paired by seed; the savings of a group are taken seed by
// seed against the loss that the baseline has at the horizon. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/problem.hpp"
#include "core/statistics/curves.hpp"
#include "core/statistics/resampling.hpp"

namespace moescope::config {
struct RunConfig;
}

namespace moescope::statistics {

struct Member {
    std::string run, name;   ///< ULID; what people call it
    std::string seed;        ///< pairs runs of two groups; see seedLabel
    Curve curve;
};
struct Group {
    std::string name;
    std::vector<Member> members;   ///< no seed twice
};

enum class Axis { step, tokens, flops, seconds };
std::string_view toText(Axis axis);

struct Question {
    std::string metric = "val_loss", unit = "";
    Axis axis = Axis::step;
    double smoothing = 0;     ///< weight of the moving average before anything is read off, [0, 1)
};
/// Whether smaller is better, so that "reaches the baseline's" has a meaning.
bool isLoss(std::string_view metric);

struct GroupResult {
    std::string name;
    std::vector<std::string> runs, names, seeds;
    std::vector<double> values;     ///< at the horizon, one a run
    double mean = kUnknown, sd = kUnknown;
    Interval interval;              ///< of the mean
};

/// x at which each shared seed reaches what the baseline's run of that seed has at the horizon and stays there for three
/// evaluations; NaN = not up to the horizon. The baseline's own: its first such x, at the latest the horizon.
struct Savings {
    std::vector<double> own, baseline;
    std::size_t reached = 0;
    double share = kUnknown;        ///< 1 - mean(own) / mean(baseline); NaN when a seed has not reached it
    double atMost = kUnknown;       ///< with the horizon in the place of what was not reached; NaN when all have
    Interval interval;              ///< of share
};

struct Pair {
    std::size_t group = 0;              ///< minus the baseline
    std::vector<std::string> seeds;     ///< shared, in the baseline's order
    std::vector<std::string> unpaired;  ///< seeds of either side without a partner
    std::vector<double> differences;
    double difference = kUnknown;       ///< mean of the differences; NaN without shared seeds
    double effect = kUnknown;           ///< difference / sd of the differences; NaN below two, or where they are all equal
    Interval interval;
    SignFlip test;
    double holm = kUnknown;             ///< p corrected for the number of pairs; NaN with one pair
    std::optional<Savings> savings;     ///< of losses with shared seeds whose baseline has fallen at all
};

struct Comparison {
    Question question;
    double horizon = kUnknown;          ///< on the axis
    std::vector<std::string> shortest;  ///< names of the runs that end at the horizon while others go on
    std::size_t baseline = 0;
    std::vector<GroupResult> groups;
    std::vector<Pair> pairs;            ///< every group but the baseline, in order
};

/// On the step axis the horizon is the last step after 0 at which all runs were evaluated, on the others the shortest run's end,
/// values linear between evaluations. Problems: a run without the metric, a seed twice in a group, nothing in common.
std::variant<Comparison, base::Problems> compare(const std::vector<Group>& groups, std::size_t baseline, const Question& question);

/// "3", or "3, data 7" where the data have a seed of their own.
std::string seedLabel(const config::RunConfig& config);
/// Equal for runs that differ in seeds alone: the settings as JSON without them.
std::string seedlessKey(config::RunConfig config);
/// What decides whether runs are averaged: settings without the seeds, and all settings.
struct Likeness {
    std::string group, whole;
};
Likeness likenessOf(const config::RunConfig& config);
/// One key a run; equal keys are one group. Of runs with equal settings and equal seeds (a twin that was steered otherwise, a
/// repetition) each nth is of the nth group: never averaged with the first.
std::vector<std::string> seedGroupKeys(const std::vector<Likeness>& runs);
/// What the names of a group's runs share: "before-s1", "before-s2" -> "before"; the first name where they share nothing.
std::string commonName(const std::vector<std::string>& names);

}  // namespace moescope::statistics
