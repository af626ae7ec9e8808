// cipher{alphabet, target, cipher_seed, lexicon ...}: the very text of the language with the same options, under a
// random permutation of its letters (or onto the letters of `target`): other letters, same grammar.
#include "core/data/domains/language.hpp"

namespace moescope::data {

namespace {

constexpr std::uint64_t kPermutation = 4;

std::u32string permuted(std::u32string letters, std::uint64_t seed) {
    Draws draws = structureDraws(seed, kPermutation);
    for (std::size_t i = letters.size(); i > 1; --i)
        std::swap(letters[i - 1], letters[draws.below(i)]);
    return letters;
}

/// Respelling the lexicon respells the text: a language is made of letter numbers.
std::u32string target(Options &options, const std::u32string &letters, const std::u32string &marks) {
    if (options.text("target", "").empty()) return letters;
    std::u32string other = options.alphabet("target", "", 0, marks);
    if (other.size() >= letters.size()) return other.substr(0, letters.size());
    options.problem("target", "The target alphabet needs at least as many letters as the alphabet.");
    return letters;
}

}  // namespace

std::unique_ptr<Family> makeCipher(Options &options) {
    const LanguageParameters parameters = languageParameters(options);
    const std::u32string letters = options.alphabet("alphabet", "latin_a_j", 4, parameters.marks);
    const std::u32string onto = target(options, letters, parameters.marks);
    const auto seed = static_cast<std::uint64_t>(options.integer("cipher_seed", 1, 0, 1'000'000'000));
    return std::make_unique<Language>(permuted(onto, seed), parameters);
}

}  // namespace moescope::data
