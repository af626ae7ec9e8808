// language{alphabet, marks, lexicon, branching, suffixes, words, language_seed}: see language.hpp.
#include "core/data/domains/language.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include "core/data/domains/entropy.hpp"

namespace moescope::data {

namespace {

enum Part : std::uint64_t { kWords = 0, kEndings = 1, kOrder = 2, kFollowers = 3 };

std::u32string randomWord(Draws &draws, const std::u32string &letters, std::size_t shortest, std::size_t longest) {
    std::u32string word;
    const std::size_t length = shortest + draws.below(longest - shortest + 1);
    while (word.size() < length)
        word.push_back(letters[draws.below(letters.size())]);
    return word;
}

std::vector<std::size_t> randomOrder(Draws &draws, std::size_t n) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i)
        std::swap(order[i - 1], order[draws.below(i)]);
    return order;
}

std::vector<double> rankWeights(std::size_t n) {
    std::vector<double> weights(n);
    for (std::size_t r = 0; r < n; ++r)
        weights[r] = 1.0 / static_cast<double>(r + 1);
    return weights;
}

}  // namespace

Language::Language(std::u32string letters, const LanguageParameters &parameters)
    : m_letters(std::move(letters)), m_parameters(parameters), m_ranks(cumulative(rankWeights(parameters.branching))) {
    makeWords();
    makeGrammar();
    m_floor = exactFloor();
}

/// No two (word, ending) pairs spell the same, so a text has one reading.
void Language::makeWords() {
    Draws endings = structureDraws(m_parameters.seed, kEndings);
    std::set<std::u32string> used;
    while (used.size() < m_parameters.suffixes)
        if (auto ending = randomWord(endings, m_letters, 1, 2); used.insert(ending).second) m_endings.push_back(ending);
    if (m_endings.empty()) m_endings.emplace_back();
    Draws draws = structureDraws(m_parameters.seed, kWords);
    std::set<std::u32string> spellings;
    while (m_words.size() < m_parameters.lexicon) {
        const std::u32string word = randomWord(draws, m_letters, 3, 6);
        const auto taken = [&](const std::u32string &ending) { return spellings.contains(word + ending); };
        if (std::any_of(m_endings.begin(), m_endings.end(), taken)) continue;
        for (const std::u32string &ending : m_endings)
            spellings.insert(word + ending);
        m_words.push_back(word);
    }
}

/// Each word is among the followers of the one before it in a random circle, so that none is out of reach.
void Language::makeGrammar() {
    const std::size_t n = m_words.size();
    Draws orders = structureDraws(m_parameters.seed, kOrder);
    Draws draws = structureDraws(m_parameters.seed, kFollowers);
    const std::vector<std::size_t> circle = randomOrder(orders, n);
    m_next.resize(n + 1);
    for (std::size_t i = 0; i <= n; ++i) {
        std::vector<std::size_t> &next = m_next[i < n ? circle[i] : n];
        next.push_back(circle[(i + 1) % n]);
        while (next.size() < m_parameters.branching)
            if (const std::size_t word = draws.below(n); std::find(next.begin(), next.end(), word) == next.end())
                next.push_back(word);
        const std::vector<std::size_t> order = randomOrder(draws, next.size());
        std::vector<std::size_t> shuffled(next.size());
        for (std::size_t r = 0; r < next.size(); ++r)
            shuffled[r] = next[order[r]];
        next = std::move(shuffled);
    }
}

/// A sentence starts in state n; after each word it goes on with 1 - 1/words. Entropy and length by expected visits of
/// the words.
double Language::exactFloor() const {
    const std::size_t n = m_words.size();
    const double stop = 1 / m_parameters.words;
    const auto probability = [&](std::size_t r) { return m_ranks[r] - (r > 0 ? m_ranks[r - 1] : 0); };
    std::vector<double> moves(n * n), start(n), follower(m_parameters.branching);
    for (std::size_t r = 0; r < m_parameters.branching; ++r) {
        follower[r] = probability(r);
        start[m_next[n][r]] += probability(r);
        for (std::size_t w = 0; w < n; ++w)
            moves[w * n + m_next[w][r]] += (1 - stop) * probability(r);
    }
    const std::vector<double> visits = expectedVisits(moves, start);
    const double endings = static_cast<double>(m_endings.size());
    double ending = 0, length = 1, words = 0;  // the space that ends a sentence; each word brings ' ' or '.'
    for (const std::u32string &text : m_endings)
        ending += static_cast<double>(text.size()) / endings;
    for (std::size_t w = 0; w < n; ++w) {
        words += visits[w];
        length += visits[w] * (static_cast<double>(m_words[w].size()) + ending + 1);
    }
    const double nats = std::log(endings) + words * entropy(follower) + words * entropy(std::array{stop, 1 - stop});
    return nats / length;
}

std::u32string Language::characters() const { return characterSet(m_letters + m_parameters.marks); }

std::u32string Language::spelled(std::size_t word, std::size_t ending) const {
    return m_words[word] + m_endings[ending];
}

/// A letter is predictable when all words that may stand here and begin as this one does go on with it.
void Language::putWord(Document &document, std::size_t state, std::size_t rank, std::size_t ending) const {
    const bool sentenceStart = state == m_words.size();
    const std::size_t stem = m_words[m_next[state][rank]].size();
    const std::u32string word = spelled(m_next[state][rank], ending);
    std::vector<std::u32string> open;
    for (const std::size_t other : m_next[state])
        for (std::size_t e = sentenceStart ? 0 : ending; e < (sentenceStart ? m_endings.size() : ending + 1); ++e)
            open.push_back(spelled(other, e));
    for (std::size_t i = 0; i < word.size(); ++i) {
        const bool sure = std::all_of(open.begin(), open.end(),
                                      [&](const auto &text) { return text.size() > i && text[i] == word[i]; });
        const Kind inside = i < stem ? Kind::wordInside : Kind::suffix;
        document.put(word[i], i == 0 ? Kind::wordStart : inside, sure);
        std::erase_if(open, [&](const auto &text) { return text.size() <= i || text[i] != word[i]; });
    }
}

void Language::unit(Draws &draws, Document &document) const {
    const std::size_t ending = draws.below(m_endings.size());
    std::size_t state = m_words.size();
    const char32_t space = m_parameters.marks[0], stop = m_parameters.marks[1];
    for (bool more = true; more;) {
        const std::size_t rank = draws.pick(m_ranks);
        putWord(document, state, rank, ending);
        state = m_next[state][rank];
        more = !draws.chance(1 / m_parameters.words);
        if (more) document.put(space, Kind::space, false);
    }
    document.put(stop, Kind::end, false);
    document.put(space, Kind::space, true);
    document.endUnit();
}

LanguageParameters languageParameters(Options &options) {
    LanguageParameters parameters;
    parameters.marks = options.marks("marks", " .");
    parameters.lexicon = static_cast<std::size_t>(options.integer("lexicon", 48, 2, 400));
    const auto most = static_cast<std::int64_t>(std::min<std::size_t>(parameters.lexicon, 64));
    parameters.branching =
        static_cast<std::size_t>(options.integer("branching", std::min<std::int64_t>(6, most), 1, most));
    parameters.suffixes = static_cast<std::size_t>(options.integer("suffixes", 0, 0, 8));
    parameters.words = options.number("words", 6, 1.5, 100);
    parameters.seed = static_cast<std::uint64_t>(options.integer("language_seed", 0, 0, 1'000'000'000));
    return parameters;
}

std::unique_ptr<Family> makeLanguage(Options &options) {
    const LanguageParameters parameters = languageParameters(options);
    return std::make_unique<Language>(options.alphabet("alphabet", "latin_a_j", 4, parameters.marks), parameters);
}

}  // namespace moescope::data
