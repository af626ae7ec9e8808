// Drawing of stretches, and their tokens with labels.
#include "core/data/domain_corpus.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/counter_random.hpp"
#include "core/base/hash.hpp"
#include "core/base/utf8.hpp"
#include "core/data/tokenizer.hpp"

namespace moescope::data {

namespace {

constexpr std::uint64_t kValidationBit = std::uint64_t{1} << 63;
constexpr std::uint32_t kValidationLayer = 0xFFFFFFFF;
constexpr double kGoldenRatio = 0.6180339887498949;

struct Token {
    std::int32_t id = 0;
    std::int32_t domain = 0;
    Label label;
};

/// Where a domain's text stands within a sequence.
struct Cursor {
    Document document;
    std::size_t at = 0;
    std::uint64_t ordinal = 0;
};

/// What makes a sequence: its streams, its row, and where it takes its documents from.
struct Row {
    base::RandomStream turns;      // which domain comes next
    base::RandomStream documents;  // which document
    std::uint64_t number = 0;
    std::uint64_t part = 0;  // 0 or kValidationBit
    double first = -1;       // in [0, 1): fixes the first domain; < 0: drawn
};

class DomainCorpus final : public Corpus {
public:
    DomainCorpus(const config::RunConfig &config, Mixture mixture);

    std::int64_t vocabulary() const override { return std::max(m_tokenizer.size(), m_vocabulary); }
    const std::vector<std::string> &domains() const override { return m_names; }
    const std::vector<std::string> &kinds() const override { return kindNames(); }
    Batch training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const override;
    Batch validation(std::int64_t index, std::int64_t sequences, std::int64_t length) const override;
    std::vector<std::int32_t> encode(std::string_view text) const override { return m_tokenizer.encode(text); }
    std::string decode(std::int32_t token) const override { return m_tokenizer.decode(token); }
    double bytesPerToken() const override { return m_bytesPerToken; }
    CorpusFacts facts() const override;
    std::string fingerprint() const override;

private:
    std::vector<Token> sequence(const Row &row, std::size_t length) const;
    std::size_t stretchDomain(const Row &row, std::uint64_t stretch) const;
    void refill(const Row &row, std::size_t domain, Cursor &cursor) const;
    std::size_t stretchEnd(const Cursor &cursor) const;
    void appendStretch(const Row &row, std::size_t domain, Cursor &cursor, std::size_t length,
                       std::vector<Token> &tokens) const;
    void appendCharacter(char32_t character, const Label &label, std::size_t domain, std::vector<Token> &tokens) const;
    double measureBytesPerToken() const;
    double floorPerToken(const Family &family) const;

    Mixture m_mixture;
    std::uint64_t m_seed;
    std::int64_t m_vocabulary;
    Tokenizer m_tokenizer;
    std::vector<std::string> m_names;
    double m_bytesPerToken = 1;
};

Tokenizer tokenizerFor(const config::RunConfig &config, const Mixture &mixture) {
    if (config.data.tokens == "bytes") return Tokenizer::bytes();
    std::u32string all;
    for (const Domain &domain : mixture.domains)
        all += domain.family->characters();
    return Tokenizer::characters(characterSet(all));
}

DomainCorpus::DomainCorpus(const config::RunConfig &config, Mixture mixture)
    : m_mixture(std::move(mixture)), m_seed(static_cast<std::uint64_t>(config.data.seed)),
      m_vocabulary(config.model.vocabulary), m_tokenizer(tokenizerFor(config, m_mixture)) {
    for (const Domain &domain : m_mixture.domains)
        m_names.push_back(domain.name);
    m_bytesPerToken = measureBytesPerToken();
}

std::size_t domainAt(const Mixture &mixture, double share) {
    std::size_t domain = 0;
    while (domain + 1 < mixture.domains.size() && share >= mixture.cumulative[domain])
        ++domain;
    return domain;
}

std::size_t DomainCorpus::stretchDomain(const Row &row, std::uint64_t stretch) const {
    const bool fixed = stretch == 0 && row.first >= 0;
    return domainAt(m_mixture, fixed ? row.first : row.turns.uniform((row.number << 32) | stretch));
}

void DomainCorpus::refill(const Row &row, std::size_t domain, Cursor &cursor) const {
    const std::uint64_t place = (row.number << 32) | (static_cast<std::uint64_t>(domain) << 24) | cursor.ordinal++;
    const std::uint64_t drawn = row.documents.word(place) & ~kValidationBit, documents = m_mixture.domains[domain].documents;
    const std::uint64_t index = (row.part == 0 && documents > 0 ? drawn % documents : drawn) | row.part;
    cursor.document = makeDocument(*m_mixture.domains[domain].family, m_seed, index, m_mixture.documentLength);
    cursor.at = 0;
}

/// Where the stretch that begins at the cursor would end within its document.
std::size_t DomainCorpus::stretchEnd(const Cursor &cursor) const {
    if (m_mixture.alternation.unit != Alternation::Unit::sentence) return cursor.document.text.size();
    return *std::upper_bound(cursor.document.units.begin(), cursor.document.units.end(), cursor.at);
}

void DomainCorpus::appendCharacter(char32_t character, const Label &label, std::size_t domain,
                                   std::vector<Token> &tokens) const {
    const auto number = static_cast<std::int32_t>(domain);
    if (!m_tokenizer.isBytes()) {
        tokens.push_back({m_tokenizer.token(character), number, label});
        return;
    }
    std::string bytes;
    base::appendUtf8(bytes, character);
    for (const char byte : bytes)
        tokens.push_back({static_cast<unsigned char>(byte), number, label});
}

void DomainCorpus::appendStretch(const Row &row, std::size_t domain, Cursor &cursor, std::size_t length,
                                 std::vector<Token> &tokens) const {
    std::size_t left =
        m_mixture.alternation.unit == Alternation::Unit::characters ? m_mixture.alternation.characters : SIZE_MAX;
    do {
        if (cursor.at == cursor.document.text.size()) refill(row, domain, cursor);
        for (const std::size_t end = stretchEnd(cursor); cursor.at < end && left > 0 && tokens.size() < length;
             ++cursor.at, --left)
            appendCharacter(cursor.document.text[cursor.at], cursor.document.labels[cursor.at], domain, tokens);
    } while (m_mixture.alternation.unit == Alternation::Unit::characters && left > 0 && tokens.size() < length);
}

std::vector<Token> DomainCorpus::sequence(const Row &row, std::size_t length) const {
    std::vector<Token> tokens;
    std::map<std::size_t, Cursor> cursors;
    for (std::uint64_t stretch = 0; tokens.size() < length; ++stretch) {
        const std::size_t domain = stretchDomain(row, stretch);
        appendStretch(row, domain, cursors[domain], length, tokens);
    }
    tokens.resize(length);
    return tokens;
}

void append(Batch &batch, const std::vector<Token> &tokens) {
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        const Token &target = tokens[i + 1];
        batch.inputs.push_back(tokens[i].id);
        batch.targets.push_back(target.id);
        batch.domains.push_back(target.domain);
        batch.kinds.push_back(static_cast<std::int16_t>(target.label.kind));
        batch.positions.push_back(target.label.position);
        batch.predictable.push_back(target.label.predictable ? 1 : 0);
    }
}

Batch DomainCorpus::training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const {
    Batch batch{sequences, length, {}, {}, {}, {}, {}, {}};
    const auto layer = static_cast<std::uint32_t>(micro);
    const auto at = static_cast<std::uint64_t>(step);
    Row row{base::RandomStream({m_seed, base::Purpose::dataMixture, layer, at}),
            base::RandomStream({m_seed, base::Purpose::dataOrder, layer, at}), 0, 0, -1};
    for (; row.number < static_cast<std::uint64_t>(sequences); ++row.number)
        append(batch, sequence(row, static_cast<std::size_t>(length) + 1));
    return batch;
}

/// Sequence g starts with the domain at the fractional part of g times the golden ratio: any few sequences in a row
/// have nearly the right shares.
Batch DomainCorpus::validation(std::int64_t index, std::int64_t sequences, std::int64_t length) const {
    Batch batch{sequences, length, {}, {}, {}, {}, {}, {}};
    for (std::int64_t i = 0; i < sequences; ++i) {
        const auto global = static_cast<std::uint64_t>(index * sequences + i);
        const double turn = (static_cast<double>(global) + 0.5) * kGoldenRatio;
        const Row row{base::RandomStream({m_seed, base::Purpose::dataMixture, kValidationLayer, global}),
                      base::RandomStream({m_seed, base::Purpose::dataOrder, kValidationLayer, global}), 0,
                      kValidationBit, turn - std::floor(turn)};
        append(batch, sequence(row, static_cast<std::size_t>(length) + 1));
    }
    return batch;
}

double DomainCorpus::measureBytesPerToken() const {
    if (m_tokenizer.isBytes()) return 1;
    constexpr std::int64_t kSequences = 64, kLength = 255;
    std::size_t bytes = 0;
    const Batch sample = validation(0, kSequences, kLength);
    for (const std::int32_t token : sample.targets)
        bytes += m_tokenizer.decode(token).size();
    return static_cast<double>(bytes) / static_cast<double>(sample.targets.size());
}

/// Known per character; it holds per byte only where each character is one.
double DomainCorpus::floorPerToken(const Family &family) const {
    return m_tokenizer.isBytes() && family.characters().back() > 0x7F ? -1 : family.floor();
}

CorpusFacts DomainCorpus::facts() const {
    CorpusFacts facts;
    facts.vocabulary = vocabulary();
    std::set<std::string> seen;
    for (const Domain &domain : m_mixture.domains) {
        facts.domains.push_back({domain.name, domain.share, 0, 0, 0, floorPerToken(*domain.family)});
        if (!seen.insert(domain.identity).second)
            facts.warnings.push_back(fmt::format(
                "The domain '{}' has the same text as another one: family and options are equal.", domain.name));
    }
    return facts;
}

std::string DomainCorpus::fingerprint() const {
    base::Hasher128 hash;
    hash.add(fmt::format("domains 1 seed {} document {} alternate {} {} tokens {} of {}\n", m_seed,
                         m_mixture.documentLength, static_cast<int>(m_mixture.alternation.unit),
                         m_mixture.alternation.characters, m_tokenizer.isBytes() ? "bytes" : "chars", vocabulary()));
    for (const Domain &domain : m_mixture.domains)
        hash.add(fmt::format("{} {} {}\n", domain.name, domain.share, domain.identity));
    return base::hex(hash.value());
}

}  // namespace

std::shared_ptr<const Corpus> makeDomainCorpus(const config::RunConfig &config, Mixture mixture) {
    return std::make_shared<DomainCorpus>(config, std::move(mixture));
}

}  // namespace moescope::data
