// Windows of token files.
#include "core/data/text/text_corpus.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/data/permutation.hpp"
#include "core/data/text/token_cache.hpp"
#include "core/data/tokenizer.hpp"

namespace moescope::data {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesPerCheck = 256;

/// Where domains end in a token file, ascending.
struct Border {
    std::uint64_t end = 0;
    std::int32_t domain = 0;
};

/// One part of the text: its file and whose tokens lie where.
struct TextPart {
    TextPart(const fs::path &path, std::uint64_t tokens) : file(path, tokens) {}

    void add(std::uint64_t begin, std::uint64_t end, std::size_t domain) {
        if (begin < end) borders.push_back({end, static_cast<std::int32_t>(domain)});
    }
    void sort() {
        std::sort(borders.begin(), borders.end(), [](const Border &a, const Border &b) { return a.end < b.end; });
    }

    TokenFile file;
    std::vector<Border> borders;
};

std::vector<std::int32_t> tokensOfCodes(const TokenManifest &manifest, const Tokenizer &tokenizer) {
    std::vector<std::int32_t> tokens;
    if (manifest.bytes) {
        tokens.resize(256);
        std::iota(tokens.begin(), tokens.end(), 0);
        return tokens;
    }
    tokens.push_back(0);
    for (const char32_t character : manifest.characters)
        tokens.push_back(tokenizer.token(character));
    return tokens;
}

class TextCorpus final : public Corpus {
public:
    TextCorpus(const config::RunConfig &config, TokenisedText text, std::vector<SourceIdentity> identities);

    std::int64_t vocabulary() const override { return std::max(m_tokenizer.size(), m_vocabulary); }
    const std::vector<std::string> &domains() const override { return m_names; }
    const std::vector<std::string> &kinds() const override { return m_kinds; }
    Batch training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const override;
    Batch validation(std::int64_t index, std::int64_t sequences, std::int64_t length) const override;
    std::vector<std::int32_t> encode(std::string_view text) const override { return m_tokenizer.encode(text); }
    std::string decode(std::int32_t token) const override { return m_tokenizer.decode(token); }
    double bytesPerToken() const override {
        return static_cast<double>(m_manifest.validationBytes) / static_cast<double>(m_manifest.validationTokens);
    }
    CorpusFacts facts() const override;
    std::string fingerprint() const override {
        return base::hex(base::hash128(fmt::format("text 1 seed {} {}", m_seed, m_manifest.content)));
    }
    void check() const override;

private:
    void appendWindow(const TextPart &part, std::uint64_t begin, std::int64_t length, Batch &batch) const;
    std::uint64_t span(const TextPart &part, std::int64_t length) const;

    TokenManifest m_manifest;
    Tokenizer m_tokenizer;
    std::vector<std::int32_t> m_tokenOf;  // by code
    std::uint64_t m_seed;
    std::uint64_t m_accumulate;
    std::int64_t m_vocabulary;
    std::vector<std::string> m_names, m_kinds;
    TextPart m_training, m_validation;
    std::vector<SourceIdentity> m_identities;
    mutable std::atomic<std::size_t> m_nextCheck{0};
};

TextCorpus::TextCorpus(const config::RunConfig &config, TokenisedText text, std::vector<SourceIdentity> identities)
    : m_manifest(std::move(text.manifest)),
      m_tokenizer(m_manifest.bytes ? Tokenizer::bytes() : Tokenizer::characters(m_manifest.vocabulary)),
      m_tokenOf(tokensOfCodes(m_manifest, m_tokenizer)), m_seed(static_cast<std::uint64_t>(config.data.seed)),
      m_accumulate(static_cast<std::uint64_t>(std::max<std::int64_t>(config.training.accumulate, 1))),
      m_vocabulary(config.model.vocabulary), m_training(text.folder / kTrainingFile, m_manifest.trainingTokens),
      m_validation(text.folder / kValidationFile, m_manifest.validationTokens), m_identities(std::move(identities)) {
    for (const TokenisedDomain &domain : m_manifest.domains) {
        m_training.add(domain.trainingBegin, domain.trainingEnd, m_names.size());
        m_validation.add(domain.validationBegin, domain.validationEnd, m_names.size());
        m_names.push_back(domain.name);
    }
    m_training.sort();
    m_validation.sort();
}

/// The last place where a window (with the token after it) can begin.
std::uint64_t TextCorpus::span(const TextPart &part, std::int64_t length) const {
    const std::uint64_t needed = static_cast<std::uint64_t>(length) + 1;
    if (part.file.size() >= needed) return part.file.size() - needed;
    throw base::Error(
        base::ExitCode::badInput, "data.too_short",
        fmt::format("a window of {} tokens does not fit into {} tokens of text", length, part.file.size()),
        "data.source", "give a longer text, or make model.context smaller");
}

void TextCorpus::appendWindow(const TextPart &part, std::uint64_t begin, std::int64_t length, Batch &batch) const {
    const std::vector<std::uint16_t> codes = part.file.read(begin, static_cast<std::size_t>(length) + 1);
    const auto token = [&](std::uint16_t code) { return code < m_tokenOf.size() ? m_tokenOf[code] : 0; };
    auto border = std::upper_bound(part.borders.begin(), part.borders.end(), begin + 1,
                                   [](std::uint64_t place, const Border &other) { return place < other.end; });
    for (std::size_t i = 0; i + 1 < codes.size(); ++i) {
        while (begin + i + 1 >= border->end)
            ++border;
        batch.inputs.push_back(token(codes[i]));
        batch.targets.push_back(token(codes[i + 1]));
        batch.domains.push_back(border->domain);
    }
}

Batch TextCorpus::training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const {
    Batch batch{sequences, length, {}, {}, {}, {}, {}, {}};
    const std::uint64_t last = span(m_training, length), size = static_cast<std::uint64_t>(length);
    const std::uint64_t windows = std::max<std::uint64_t>(1, last / size);
    for (std::int64_t row = 0; row < sequences; ++row) {
        const std::uint64_t number =
            (static_cast<std::uint64_t>(step) * m_accumulate + static_cast<std::uint64_t>(micro)) *
                static_cast<std::uint64_t>(sequences) +
            static_cast<std::uint64_t>(row);
        const std::uint64_t epoch = number / windows;
        const std::uint64_t offset =
            base::below({m_seed, base::Purpose::dataMixture, 0, epoch}, 0, std::min(size, last + 1));
        const Permutation order(windows, {m_seed, base::Purpose::dataOrder, 0, epoch});
        appendWindow(m_training, offset + order(number % windows) * size, length, batch);
    }
    return batch;
}

/// Steps through the windows by a number without common factor, near the golden section: even after a few, complete
/// after all.
Batch TextCorpus::validation(std::int64_t index, std::int64_t sequences, std::int64_t length) const {
    Batch batch{sequences, length, {}, {}, {}, {}, {}, {}};
    const std::uint64_t size = static_cast<std::uint64_t>(length), windows = span(m_validation, length) / size + 1;
    auto stride = static_cast<std::uint64_t>(0.6180339887498949 * static_cast<double>(windows));
    while (std::gcd(std::max<std::uint64_t>(stride, 1), windows) != 1)
        ++stride;
    stride = std::max<std::uint64_t>(stride, 1);
    for (std::int64_t row = 0; row < sequences; ++row) {
        const auto number = static_cast<std::uint64_t>(index * sequences + row) % windows;
        appendWindow(m_validation,
                     static_cast<std::uint64_t>((static_cast<unsigned __int128>(number) * stride) % windows) * size,
                     length, batch);
    }
    return batch;
}

CorpusFacts TextCorpus::facts() const {
    CorpusFacts facts;
    facts.documents = static_cast<std::int64_t>(m_manifest.documents);
    facts.bytes = static_cast<std::int64_t>(m_manifest.sourceBytes);
    facts.tokens = static_cast<std::int64_t>(m_manifest.trainingTokens);
    facts.validationTokens = static_cast<std::int64_t>(m_manifest.validationTokens);
    facts.vocabulary = vocabulary();
    facts.warnings = m_manifest.warnings;
    for (const TokenisedDomain &domain : m_manifest.domains) {
        const auto tokens = static_cast<std::int64_t>(domain.trainingEnd - domain.trainingBegin);
        facts.domains.push_back(
            {domain.name, static_cast<double>(tokens) / static_cast<double>(m_manifest.trainingTokens),
             static_cast<std::int64_t>(domain.documents), static_cast<std::int64_t>(domain.bytes), tokens, -1});
    }
    return facts;
}

/// All files where they are few, else as many at a time.
void TextCorpus::check() const {
    const std::size_t count = std::min(m_identities.size(), kFilesPerCheck);
    const std::size_t first = m_nextCheck.fetch_add(count);
    for (std::size_t i = 0; i < count; ++i)
        checkUnchanged(m_identities[(first + i) % m_identities.size()]);
}

/// Absolute, so that the cache knows the text from wherever it is named. A path that leads nowhere is a problem of the
/// setting.
std::optional<fs::path> existing(const std::string &key, const std::string &given, base::Problems &problems) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(fs::absolute(given, error), error);
    if (!given.empty() && !error && given.find('\0') == std::string::npos && fs::exists(path, error)) return path;
    problems.push_back(
        {key,
         fmt::format(
             "There is no file or folder '{}'. Give the path of a text, \"domains\" for generated text or \"random\".",
             base::printable(given, 300))});
    return std::nullopt;
}

void appendIdentities(const SourceList &sources, std::vector<SourceIdentity> &identities) {
    for (const SourceFile &file : sources.files)
        identities.push_back(identify(file));
}

}  // namespace

std::shared_ptr<const Corpus> openTextCorpus(const config::RunConfig &config, const fs::path &cache,
                                             base::Problems &problems, TokeniseOptions options) {
    const bool apart = !config.data.validation_source.empty();
    const auto path = existing("data.source", config.data.source, problems);
    const auto validationPath =
        apart ? existing("data.validation_source", config.data.validation_source, problems) : std::nullopt;
    if (!path || (apart && !validationPath)) return nullptr;
    if (apart && *path == *validationPath) {
        problems.push_back({"data.validation_source", "The validation text is the training text itself; name another "
                                                      "one, or leave it empty to keep a share of the source."});
        return nullptr;
    }
    const SourceList training = listSources(*path);
    const std::optional<SourceList> validation = apart ? std::optional(listSources(*validationPath)) : std::nullopt;
    std::vector<SourceIdentity> identities;
    appendIdentities(training, identities);
    if (validation) appendIdentities(*validation, identities);
    options.bytes = config.data.tokens == "bytes";
    options.validationShare = config.data.validation;
    options.window = static_cast<std::uint64_t>(config.model.context) + 1;
    TokenisedText text = findOrTokenise(cache, training, validation ? &*validation : nullptr, identities, options);
    return std::make_shared<TextCorpus>(config, std::move(text), std::move(identities));
}

}  // namespace moescope::data
