// The table of families.
#include "core/data/domains/family.hpp"

#include <algorithm>
#include <array>

namespace moescope::data {

std::unique_ptr<Family> makeArithmetic(Options &);
std::unique_ptr<Family> makeBrackets(Options &);
std::unique_ptr<Family> makeCopy(Options &);
std::unique_ptr<Family> makeLanguage(Options &);
std::unique_ptr<Family> makeCipher(Options &);
std::unique_ptr<Family> makeDates(Options &);
std::unique_ptr<Family> makeCode(Options &);
std::unique_ptr<Family> makeRecall(Options &);
std::unique_ptr<Family> makeMarkov(Options &);
std::unique_ptr<Family> makeGroups(Options &);

namespace {

constexpr std::array<FamilyEntry, 10> kFamilies = {{
    {"arithmetic", "Equations such as 27+58=85; the answer follows from the operands.", makeArithmetic},
    {"brackets", "Well-nested brackets of several kinds (Dyck words).", makeBrackets},
    {"copy", "A random key and its copy, reversal or sorted form: abc|abc.", makeCopy},
    {"language", "A toy language: a random lexicon, a word grammar, an alphabet of choice.", makeLanguage},
    {"cipher", "The text of a toy language under a permutation of its letters.", makeCipher},
    {"dates", "Dates written in two ways and lengths in two units; the right side follows from the left.", makeDates},
    {"code", "Lines like those of C, JSON and CSV from a small grammar.", makeCode},
    {"recall", "Keys with values, then questions for the value of a key.", makeRecall},
    {"markov", "Random letters that depend only on the last few: noise of known entropy.", makeMarkov},
    {"groups", "The table of a cyclic group: c*d=f;", makeGroups},
}};

}  // namespace

std::span<const FamilyEntry> families() { return kFamilies; }

const FamilyEntry *findFamily(std::string_view id) {
    const auto found =
        std::find_if(kFamilies.begin(), kFamilies.end(), [&](const FamilyEntry &entry) { return entry.id == id; });
    return found == kFamilies.end() ? nullptr : &*found;
}

Document makeDocument(const Family &family, std::uint64_t seed, std::uint64_t index, std::size_t length) {
    Draws draws({seed, base::Purpose::dataText, kDocumentLayer, index});
    Document document;
    do
        family.unit(draws, document);
    while (document.text.size() < length);
    return document;
}

std::u32string characterSet(std::u32string characters) {
    std::sort(characters.begin(), characters.end());
    characters.erase(std::unique(characters.begin(), characters.end()), characters.end());
    return characters;
}

}  // namespace moescope::data
