// Figures: how numbers are written for people. True minus, tabular digits, thin thousands, "4 k".
#pragma once

#include <QString>

#include <vector>

namespace moescope::plots {

enum class Figure { Auto, Integer, Fixed1, Fixed2, Fixed3, Exponent, Compact };

// NaN is "NaN", infinity "∞"; Auto keeps three significant digits; Exponent is "2.3e−3"; Compact "11.6 k".
QString figure(double value, Figure style = Figure::Auto);
QString groupedInteger(qint64 value);              // "11 640" with a narrow no-break space
QString tickLabel(double value, double step);      // exact at the step's digits: "−0.25", "4 k", "1.5 M"
double ownStep(double value);                      // largest power of ten <= 1 that divides it, at least 1e-6
QString timesTenTo(int exponent);                  // "×10⁻³"
QByteArray plainNumber(double value);              // shortest exact C-locale text, for files; "nan", "inf"

// Ticks at multiples of 1, 2, 2.5 or 5 times a power of ten, at most `most` of them inside [lo, hi].
// `plain` (x axes) leaves out 2.5 and steps below 1.
struct Ticks {
    double step = 1;
    std::vector<double> at;
};
Ticks niceTicks(double lo, double hi, int most, bool plain = false);
Ticks logTicks(double lo, double hi, int most);    // powers of ten, with 2 and 5 when there is room
double niceCeiling(double value);                  // 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten
double growingEnd(double last);                    // end of a live axis: at most 12.5 % headroom, changes rarely

}  // namespace moescope::plots
