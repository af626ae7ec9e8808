// UnitList: a family whose units are a finite list of texts with weights, so that everything about it is counted
// exactly.
#pragma once

#include <string>
#include <vector>

#include "core/data/domains/family.hpp"

namespace moescope::data {

struct ListedUnit {
    std::u32string text;
    std::vector<Kind> kinds;  ///< one a character
    double weight = 1;        ///< > 0
};

/// The texts must not begin one another (an end mark sees to that) and must be all different.
class UnitList final : public Family {
public:
    explicit UnitList(std::vector<ListedUnit> units);
    std::u32string characters() const override { return m_characters; }
    void unit(Draws &draws, Document &document) const override;
    double floor() const override { return m_floor; }

private:
    std::vector<ListedUnit> m_units;  // sorted by text
    std::vector<double> m_cumulative;
    std::u32string m_characters;
    double m_floor = 0;
};

/// Text of a unit put together piece by piece.
class UnitText {
public:
    UnitText &add(std::u32string_view text, Kind kind);
    UnitText &add(std::string_view ascii, Kind kind);
    ListedUnit weighing(double weight) &&;

private:
    ListedUnit m_unit;
};

}  // namespace moescope::data
