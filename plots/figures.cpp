// Writing numbers for people and for files.
#include "plots/figures.hpp"

#include <QByteArray>
#include <QLocale>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr QChar minus(0x2212);
constexpr QChar thinSpace(0x202F);

QString trueMinus(QString text) { return text.replace(QLatin1Char('-'), minus); }

// "-0.00" is zero and says so.
QString fixed(double value, int decimals) {
    QString text = QString::number(value, 'f', decimals);
    const bool zero = std::all_of(text.begin(), text.end(),
                                  [](QChar ch) { return ch == '-' || ch == '0' || ch == '.'; });
    if (zero && text.startsWith('-')) text.remove(0, 1);
    return trueMinus(text);
}

QString exponentText(double value) {
    if (value == 0) return QStringLiteral("0");
    int power = int(std::floor(std::log10(std::abs(value))));
    QString mantissa = QString::number(value / std::pow(10.0, power), 'f', 1);
    if (mantissa == QLatin1String("10.0") || mantissa == QLatin1String("-10.0")) {
        mantissa.replace(QLatin1String("10.0"), QLatin1String("1.0"));
        ++power;
    }
    return trueMinus(QStringLiteral("%1e%2").arg(mantissa).arg(power));
}

QString autoText(double value) {
    const double size = std::abs(value);
    if (size == 0) return QStringLiteral("0");
    if (size < 1e-3) return exponentText(value);
    if (size < 0.01) return fixed(value, 4);
    if (size < 10) return fixed(value, size < 1 ? 2 : 3);
    if (size < 100) return fixed(value, 1);
    if (size < 1e5) return groupedInteger(std::llround(value));
    return figure(value, Figure::Compact);
}

struct Unit {
    double size;
    const char* sign;
};
constexpr std::array<Unit, 6> units{{{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};

const Unit* unitFor(double size) {
    for (const Unit& unit : units)
        if (size >= unit.size * 0.9999999) return &unit;
    return nullptr;
}

QString withUnit(double value, const Unit& unit, int decimals) {
    return fixed(value / unit.size, decimals) + thinSpace + QLatin1String(unit.sign);
}

QString compactText(double value) {
    const Unit* unit = unitFor(std::abs(value));
    if (!unit) return std::abs(value) < 10 ? fixed(value, 1) : fixed(value, 0);
    const double scaled = std::abs(value) / unit->size;
    return withUnit(value, *unit, scaled < 100 ? 1 : 0);
}

int decimalsOf(double step) {
    for (int d = 0; d < 12; ++d) {
        const double scaled = step * std::pow(10.0, d);
        if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return d;
    }
    return 12;
}

}  // namespace

QString figure(double value, Figure style) {
    if (std::isnan(value)) return QStringLiteral("NaN");
    if (std::isinf(value)) return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
    switch (style) {
        case Figure::Auto: return autoText(value);
        case Figure::Integer: return std::abs(value) < 9e18 ? groupedInteger(std::llround(value)) : compactText(value);
        case Figure::Fixed1: return fixed(value, 1);
        case Figure::Fixed2: return fixed(value, 2);
        case Figure::Fixed3: return fixed(value, 3);
        case Figure::Exponent: return exponentText(value);
        case Figure::Compact: return compactText(value);
    }
    return {};
}

QString groupedInteger(qint64 value) {
    QString digits = QString::number(value);
    const bool negative = digits.startsWith('-');
    if (negative) digits.remove(0, 1);
    if (digits.size() > 4)
        for (qsizetype at = digits.size() - 3; at > 0; at -= 3) digits.insert(at, thinSpace);
    return negative ? minus + digits : digits;
}

QString tickLabel(double value, double step) {
    if (std::abs(value) < step * 1e-9) return QStringLiteral("0");
    const Unit* unit = unitFor(std::abs(value));
    if (!unit) return fixed(value, decimalsOf(step));
    // All labels of one axis use the unit of the step's own size where the step is whole in it; else plain digits.
    if (unit->size == 1e3 && step < 100 && std::abs(value) < 1e5) return groupedInteger(std::llround(value));
    return withUnit(value, *unit, decimalsOf(step / unit->size));
}

double ownStep(double value) {
    double step = 1;
    while (step > 1e-6 && std::abs(std::remainder(value, step)) > 1e-6 * step) step /= 10;
    return step;
}

QString timesTenTo(int exponent) {
    static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString out = QStringLiteral("×10");
    if (exponent < 0) out += QChar(0x207B);
    for (const QChar ch : QString::number(std::abs(exponent))) out += digits[ch.digitValue()];
    return out;
}

QByteArray plainNumber(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    std::array<char, 64> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return QByteArray(buffer.data(), end - buffer.data());
}

Ticks niceTicks(double lo, double hi, int most, bool plain) {
    Ticks ticks;
    if (!std::isfinite(lo) || !std::isfinite(hi) || !(hi > lo)) return {1, {lo}};
    most = std::max(2, most);
    const double power = std::pow(10.0, std::floor(std::log10((hi - lo) / most)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0, 1000.0}) {
        ticks.step = power * factor;
        if (plain && (ticks.step < 1 || factor == 2.5 || factor == 25)) continue;
        const double first = std::ceil(lo / ticks.step - 1e-9), last = std::floor(hi / ticks.step + 1e-9);
        if (last - first + 1 > most) continue;
        for (double i = first; i <= last; ++i) ticks.at.push_back(i * ticks.step);
        break;
    }
    return ticks;
}

Ticks logTicks(double lo, double hi, int most) {
    Ticks ticks;
    if (!(lo > 0) || !(hi > lo)) return {1, {}};
    const int from = int(std::floor(std::log10(lo))), to = int(std::ceil(std::log10(hi)));
    const bool fine = (to - from) * 3 <= most;
    const int stride = std::max(1, int(std::ceil(double(to - from) / most)));
    for (int e = from; e <= to; e += fine ? 1 : stride)
        for (const double m : {1.0, 2.0, 5.0}) {
            const double at = m * std::pow(10.0, e);
            if ((m == 1 || fine) && at >= lo * 0.999999 && at <= hi * 1.000001) ticks.at.push_back(at);
        }
    ticks.step = ticks.at.empty() ? 1 : ticks.at.front();
    return ticks;
}

double niceCeiling(double value) {
    if (!(value > 0) || !std::isfinite(value)) return 1;
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    for (const double m : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0})
        if (m * power >= value * (1 - 1e-9)) return m * power;
    return 10 * power;
}

double growingEnd(double last) {
    if (!(last > 8)) return 8;
    const double power = std::exp2(std::floor(std::log2(last)));
    return power * std::ceil(last / power * 8 - 1e-9) / 8;
}

}  // namespace moescope::plots
