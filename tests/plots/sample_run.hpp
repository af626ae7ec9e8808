// Sample run: made-up values for tests and the gallery; no program code uses it.
#pragma once

#include "plots/chart_data.hpp"
#include "plots/heat_panel.hpp"
#include "plots/miniatures.hpp"
#include "plots/token_text.hpp"

#include <cmath>
#include <random>

namespace moescope::plots::sample {

inline std::vector<double> steps(int count, double stride = 1) {
    std::vector<double> x;
    for (int i = 0; i < count; ++i) x.push_back(i * stride);
    return x;
}

// A collapse between 40 and 200 (in shares of 412 steps) and its cure.
inline double collapse(double share) {
    const double in = 1 / (1 + std::exp(-(share - 0.13) * 60)), out = 1 / (1 + std::exp(-(share - 0.5) * 40));
    return in * (1 - out);
}

inline Lane loss(int count, double stride = 1, bool domains = true) {
    std::mt19937 random(3);
    std::normal_distribution<double> noise(0, 0.06);
    Lane lane;
    Curve train;
    train.id = "train_loss", train.name = "train", train.role = CurveRole::Train, train.smoothed = true, train.endLabel = true;
    train.figure = Figure::Fixed3;
    train.points.x = steps(count, stride);
    const auto smooth = [&](double share, double level) { return level + 2.6 * std::exp(-share * 9) + 0.12 * collapse(share); };
    for (int i = 0; i < count; ++i) train.points.y.push_back(smooth(double(i) / 412, 1.4) + noise(random));
    if (domains)
        for (const auto& [name, level] : {std::pair{"code", 1.9}, {"dates", 1.75}, {"Greek", 1.66}, {"copy", 1.2}, {"brackets", 0.68}}) {
            Curve curve;
            curve.id = curve.name = name, curve.role = CurveRole::Domain;
            for (int i = 0; i < count; i += 8) {
                curve.points.x.push_back(train.points.x[size_t(i)]);
                curve.points.y.push_back(smooth(double(i) / 412, level));
            }
            lane.curves.push_back(curve);
        }
    Curve validation;
    validation.id = "val_loss", validation.name = "val", validation.role = CurveRole::Validation, validation.figure = Figure::Fixed3;
    for (int i = 40; i < count; i += 10) {
        validation.points.x.push_back(train.points.x[size_t(i)]);
        validation.points.y.push_back(smooth(double(i) / 412, 1.43));
    }
    lane.curves.push_back(train);
    lane.curves.push_back(validation);
    return lane;
}

inline HeatData load(int experts, int columns, double stride = 1) {
    std::mt19937 random(5);
    std::normal_distribution<float> noise(0, 0.12F);
    HeatData heat;
    heat.x = steps(columns, stride);
    heat.rows = experts;
    heat.top = experts > 24 ? experts / 8.0 : experts;
    heat.values.resize(size_t(experts) * size_t(columns));
    for (int e = 0; e < experts; ++e)
        for (int c = 0; c < columns; ++c) {
            const double fall = experts > 1 ? collapse((c + e * 4) / 412.0) : 0;
            const double hot = experts > 1 ? experts * 0.98 : 1;
            const double wave = experts > 1 ? 1 + 0.35 * std::sin(e * 2.1 + c / 90.0) : 1;
            const double ratio = e == 0 ? wave + (hot - wave) * fall : wave * (1 - fall) + 0.002;
            const double shown = experts > 24 ? (e >= experts - 2 && c > columns / 3 ? 0.01 : wave * (1 + 0.6 * std::exp(-c / 60.0) * std::sin(e * 7.7))) : ratio;
            heat.values[size_t(e) * size_t(columns) + size_t(c)] = float(std::max(0.001, shown) * std::exp(experts > 1 ? noise(random) : 0));
        }
    heat.sortByLoad = experts > 24;
    heat.key = QStringLiteral("sample%1").arg(experts);
    return heat;
}

inline LoadMatrix matrix(int experts) {
    const HeatData heat = load(experts, 412);
    LoadMatrix m{experts, 48, {}};
    for (int e = 0; e < experts; ++e)
        for (int c = 0; c < 48; ++c) m.ratio.push_back(heat.values[size_t(e) * 412 + size_t(c * 8)]);
    return m;
}

inline Curve statistic(const QString& name, int count, double (*f)(double), double stride = 1, CurveRole role = CurveRole::Statistic) {
    std::mt19937 random(unsigned(name.size()));
    std::normal_distribution<double> noise(0, 0.01);
    Curve curve;
    curve.id = curve.name = name;
    curve.role = role;
    curve.points.x = steps(count, stride);
    for (int i = 0; i < count; ++i) curve.points.y.push_back(f(i / 412.0) * (1 + noise(random)));
    return curve;
}

inline FanData fan(int count) {
    FanData fan;
    fan.x = steps(count);
    for (int i = 0; i < count; ++i) {
        const double s = i / 412.0, wide = 0.4 + 2.4 * (1 - std::exp(-s * 9)) + 0.6 * collapse(s), mid = -0.1 - 0.6 * collapse(s);
        fan.p05.push_back(mid - wide * 1.1), fan.p25.push_back(mid - wide * 0.42), fan.p50.push_back(mid);
        fan.p75.push_back(mid + wide * 0.42), fan.p95.push_back(mid + wide * 1.1);
        fan.expertMean.push_back(0.2 + (i < 150 ? 6 : 6 * std::exp(-(i - 150) / 45.0)));
    }
    fan.expert = 0, fan.experts = 8;
    return fan;
}

inline std::vector<Token> text(int experts) {
    std::mt19937 random(7);
    std::vector<Token> tokens;
    const QString all = QStringLiteral("12+30=42;7+9=16;αβγ δεζ ηθι αβγ if (x < tmp) { x = tmp + 4; }bade fig had cab jab aged");
    for (const QChar ch : all) {
        Token token;
        token.text = ch;
        const int group = ch.isDigit() ? 2 : ch.unicode() > 0x370 ? 1 : ch.isLetter() ? 4 : ch.isSpace() ? 7 : 0;
        token.expert = (group * 5 + (random() % 9 == 0)) % experts;
        token.second = experts > 1 ? (token.expert + 2) % experts : -1;
        token.weight = 0.5F + float(random() % 50) / 100;
        token.dropped = tokens.size() == 27;
        tokens.push_back(token);
    }
    return tokens;
}

}  // namespace moescope::plots::sample
