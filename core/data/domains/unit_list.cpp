// Sorted texts: the units that begin alike are neighbours, and the first and the last of them tell what may follow.
#include "core/data/domains/unit_list.hpp"

#include <algorithm>

#include "core/data/domains/entropy.hpp"

namespace moescope::data {

UnitList::UnitList(std::vector<ListedUnit> units) : m_units(std::move(units)) {
    std::sort(m_units.begin(), m_units.end(), [](const ListedUnit &a, const ListedUnit &b) { return a.text < b.text; });
    std::vector<double> weights;
    double total = 0, length = 0;
    for (const ListedUnit &unit : m_units) {
        weights.push_back(unit.weight);
        total += unit.weight;
        length += unit.weight * static_cast<double>(unit.text.size());
        m_characters = characterSet(m_characters + unit.text);
    }
    m_cumulative = cumulative(weights);
    for (double &weight : weights)
        weight /= total;
    m_floor = entropy(weights) / (length / total);
}

void UnitList::unit(Draws &draws, Document &document) const {
    const std::size_t chosen = draws.pick(m_cumulative);
    const ListedUnit &unit = m_units[chosen];
    auto first = m_units.begin(), last = m_units.end();
    for (std::size_t i = 0; i < unit.text.size(); ++i) {
        const char32_t character = unit.text[i];
        document.put(character, unit.kinds[i], first->text[i] == std::prev(last)->text[i]);
        first = std::partition_point(first, last, [&](const ListedUnit &other) { return other.text[i] < character; });
        last = std::partition_point(first, last, [&](const ListedUnit &other) { return other.text[i] == character; });
    }
    document.endUnit();
}

UnitText &UnitText::add(std::u32string_view text, Kind kind) {
    m_unit.text += text;
    m_unit.kinds.resize(m_unit.text.size(), kind);
    return *this;
}

UnitText &UnitText::add(std::string_view ascii, Kind kind) {
    return add(std::u32string(ascii.begin(), ascii.end()), kind);
}

ListedUnit UnitText::weighing(double weight) && {
    m_unit.weight = weight;
    return std::move(m_unit);
}

}  // namespace moescope::data
