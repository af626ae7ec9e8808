// dates{from_year, to_year, units}: 2024-03-05=5 march 2024; or the other way round, and lengths like 3 km=3000 m;
// Dates are uniform over the days of the years, both directions alike; `units` is the share of measures.
#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "core/data/domains/unit_list.hpp"

namespace moescope::data {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};

struct Measure {
    std::string_view from, to;
    int factor;
};
constexpr std::array<Measure, 6> kMeasures = {
    {{"km", "m", 1000}, {"m", "cm", 100}, {"kg", "g", 1000}, {"h", "min", 60}, {"min", "s", 60}, {"l", "ml", 1000}}};
constexpr int kMostOfMeasure = 99;

struct Written {
    std::string text;
    Kind kind;
};
using Side = std::vector<Written>;

Side isoSide(std::chrono::year_month_day day) {
    return {{fmt::format("{:04}", static_cast<int>(day.year())), Kind::datePart},
            {"-", Kind::separator},
            {fmt::format("{:02}", static_cast<unsigned>(day.month())), Kind::datePart},
            {"-", Kind::separator},
            {fmt::format("{:02}", static_cast<unsigned>(day.day())), Kind::datePart}};
}

Side wordSide(std::chrono::year_month_day day) {
    return {{fmt::format("{}", static_cast<unsigned>(day.day())), Kind::datePart},
            {" ", Kind::space},
            {std::string(kMonths[static_cast<unsigned>(day.month()) - 1]), Kind::datePart},
            {" ", Kind::space},
            {fmt::format("{}", static_cast<int>(day.year())), Kind::datePart}};
}

Side measureSide(int amount, std::string_view unit) {
    return {{fmt::format("{}", amount), Kind::number}, {" ", Kind::space}, {std::string(unit), Kind::unitName}};
}

ListedUnit equation(const Side &left, const Side &right, double weight) {
    UnitText unit;
    for (const Written &part : left)
        unit.add(part.text, part.kind);
    unit.add("=", Kind::separator);
    for (const Written &part : right)
        unit.add(part.text, part.kind == Kind::number ? Kind::answer : part.kind);
    return std::move(unit.add(";", Kind::end)).weighing(weight);
}

std::vector<ListedUnit> listed(int fromYear, int toYear, double measures) {
    using namespace std::chrono;
    const sys_days first = year{fromYear} / January / 1, end = year{toYear + 1} / January / 1;
    const double eachDate = (1 - measures) / (2.0 * static_cast<double>((end - first).count()));
    const double eachMeasure = measures / static_cast<double>(kMeasures.size() * kMostOfMeasure);
    std::vector<ListedUnit> units;
    for (sys_days day = first; eachDate > 0 && day < end; day += days{1}) {
        units.push_back(equation(isoSide(day), wordSide(day), eachDate));
        units.push_back(equation(wordSide(day), isoSide(day), eachDate));
    }
    for (const Measure &measure : kMeasures)
        for (int n = 1; eachMeasure > 0 && n <= kMostOfMeasure; ++n)
            units.push_back(
                equation(measureSide(n, measure.from), measureSide(n * measure.factor, measure.to), eachMeasure));
    return units;
}

}  // namespace

std::unique_ptr<Family> makeDates(Options &options) {
    const std::int64_t from = options.integer("from_year", 2000, 1600, 9000);
    const std::int64_t to =
        options.integer("to_year", from <= 2029 ? std::min<std::int64_t>(2029, from + 99) : from, from, from + 99);
    const double measures = options.number("units", 0.3, 0, 1);
    return std::make_unique<UnitList>(listed(static_cast<int>(from), static_cast<int>(to), measures));
}

}  // namespace moescope::data
