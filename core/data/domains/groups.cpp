// groups{modulus, alphabet}: the table of the cyclic group of `modulus` elements, c*d=f; where letter i stands for i
// and * adds modulo.
#include "core/data/domains/unit_list.hpp"

namespace moescope::data {

namespace {

std::vector<ListedUnit> table(const std::u32string &letters, std::size_t modulus) {
    std::vector<ListedUnit> units;
    for (std::size_t a = 0; a < modulus; ++a)
        for (std::size_t b = 0; b < modulus; ++b) {
            UnitText unit;
            unit.add(letters.substr(a, 1), Kind::element)
                .add("*", Kind::operation)
                .add(letters.substr(b, 1), Kind::element);
            unit.add("=", Kind::separator).add(letters.substr((a + b) % modulus, 1), Kind::answer);
            units.push_back(std::move(unit.add(";", Kind::end)).weighing(1));
        }
    return units;
}

}  // namespace

std::unique_ptr<Family> makeGroups(Options &options) {
    const std::u32string letters = options.alphabet("alphabet", "latin_upper", 2, U"*=;");
    const auto most = static_cast<std::int64_t>(std::min<std::size_t>(letters.size(), 120));
    const std::int64_t modulus = options.integer("modulus", std::min<std::int64_t>(7, most), 2, most);
    return std::make_unique<UnitList>(table(letters, static_cast<std::size_t>(modulus)));
}

}  // namespace moescope::data
