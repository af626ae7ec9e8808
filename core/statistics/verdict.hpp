// What a comparison says in plain words; the window, the command line and the report all speak these sentences.
//
// English, UTF-8, with a true minus sign. No number appears that was not computed: what is unknown is said to be unknown.
#pragma once

#include <string>
#include <vector>

#include "core/statistics/comparison.hpp"

namespace moescope::statistics {

struct Verdict {
    std::string heading;                 ///< "after − before"
    std::string number;                  ///< "−0.0170 nats/token", or "–"
    std::string interval;                ///< "95 % interval −0.0280 to −0.0070, rough", or empty
    std::vector<std::string> sentences;  ///< where and how many, p and the smallest p, effect, savings, what was left out
};
Verdict verdictOf(const Comparison& comparison, const Pair& pair);
/// Why there is nothing to compare with: only one group.
std::vector<std::string> verdictAlone(const Comparison& comparison);

/// "at step 600", "at 1.21 TFLOP"; and as an amount: "600 steps".
std::string placeText(Axis axis, double x);
std::string amountText(Axis axis, double x);
/// Digits that fit the size; "−" before negative ones, "+" too when `isSigned`; "–" when unknown.
std::string numberText(double value, bool isSigned = false);
std::string intervalText(const Interval& interval, bool isSigned = false);   ///< "−0.0280 to −0.0070"; "–" when unknown
std::string probabilityText(double p);                                       ///< "0.0625", "0.25", "0.00002"

}  // namespace moescope::statistics
