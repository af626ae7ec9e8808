// The toy language itself, shared by the families `language` and `cipher`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/domains/family.hpp"

namespace moescope::data {

struct LanguageParameters {
    std::size_t lexicon = 48;   ///< words (stems)
    std::size_t branching = 6;  ///< words that may follow a word
    std::size_t suffixes = 0;   ///< endings; all words of a sentence carry the same one
    double words = 6;           ///< mean words in a sentence
    std::uint64_t seed = 0;     ///< which language
    std::u32string marks = U" .";  ///< two: between words, and at the end of a sentence; none of them a letter
};

/// A random lexicon with a random word-bigram grammar. A sentence is "word word word. " (with marks " ."); its length is geometric. The
/// structure is made of letter numbers, so one seed on two alphabets of the same size is the same language respelt.
class Language final : public Family {
public:
    /// `letters`: at least 4, none of them a mark.
    Language(std::u32string letters, const LanguageParameters &parameters);

    std::u32string characters() const override;
    void unit(Draws &draws, Document &document) const override;
    double floor() const override { return m_floor; }

    /// Each word as text, without endings.
    const std::vector<std::u32string> &lexicon() const { return m_words; }
    /// Words that may follow word w; w = lexicon size: those that begin a sentence. The r-th has probability ∝ 1 / (r +
    /// 1).
    const std::vector<std::size_t> &successors(std::size_t w) const { return m_next[w]; }

private:
    void makeWords();
    void makeGrammar();
    double exactFloor() const;
    std::u32string spelled(std::size_t word, std::size_t ending) const;
    void putWord(Document &document, std::size_t state, std::size_t rank, std::size_t ending) const;

    std::u32string m_letters;
    LanguageParameters m_parameters;
    std::vector<std::u32string> m_words;
    std::vector<std::u32string> m_endings;  // one empty ending where there are none
    std::vector<std::vector<std::size_t>> m_next;
    std::vector<double> m_ranks;  // cumulative
    double m_floor = 0;
};

/// Reads marks, lexicon, branching, suffixes, words and language_seed.
LanguageParameters languageParameters(Options &options);

}  // namespace moescope::data
