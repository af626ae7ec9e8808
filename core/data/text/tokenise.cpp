// One pass: read, split, choose the part, write codes; then the characters that become tokens.
#include "core/data/text/tokenise.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "core/base/numbers.hpp"
#include "core/base/utf8.hpp"
#include "core/data/text/hash_sample.hpp"
#include "core/data/text/splitter.hpp"
#include "core/data/text/text_reader.hpp"

namespace moescope::data {

namespace {

constexpr std::size_t kMostCodes = 65535;
constexpr std::size_t kLongLine = 40;  // bytes; shorter lines repeat by nature

/// Codes of characters in the order of their first appearance, with how often training has them.
class CharacterCodes {
public:
    std::uint16_t code(char32_t character) {
        std::uint16_t &code = m_codes[character];
        if (code == 0 && m_characters.size() + 1 < kMostCodes) {
            m_characters.push_back(character);
            m_counts.push_back(0);
            code = static_cast<std::uint16_t>(m_characters.size());
        }
        return code;
    }
    void count(std::uint16_t code) {
        if (code > 0)
            ++m_counts[code - 1];
        else
            ++m_unknown;
    }
    const std::u32string &characters() const { return m_characters; }

    /// The `limit` most frequent, ties to the lower code point; ascending.
    std::u32string mostFrequent(std::size_t limit) const {
        std::vector<std::pair<std::uint64_t, char32_t>> order;
        for (std::size_t i = 0; i < m_characters.size(); ++i)
            if (m_counts[i] > 0) order.emplace_back(m_counts[i], m_characters[i]);
        std::sort(order.begin(), order.end(), [](const auto &a, const auto &b) {
            return a.first != b.first ? a.first > b.first : a.second < b.second;
        });
        order.resize(std::min(order.size(), limit));
        std::u32string characters;
        for (const auto &[count, character] : order)
            characters.push_back(character);
        std::sort(characters.begin(), characters.end());
        return characters;
    }

private:
    std::vector<std::uint16_t> m_codes = std::vector<std::uint16_t>(0x110000, 0);
    std::u32string m_characters;
    std::vector<std::uint64_t> m_counts;
    std::uint64_t m_unknown = 0;
};

/// One of the two token files, and what is known of its documents.
struct Part {
    explicit Part(const std::filesystem::path &path, std::size_t bufferBytes)
        : file(base::realFiles(), path, base::OpenMode::createNew), limit(bufferBytes) {}

    void put(std::uint16_t code) { buffer.push_back(code); }
    /// After each document, so that no check is needed for each code.
    void endDocument(std::uint64_t documentBytes) {
        bytes += documentBytes;
        tokens = written + buffer.size();
        if (buffer.size() >= limit) flush();
    }
    void flush() {
        static_assert(std::endian::native == std::endian::little, "codes are written as they lie in memory");
        file.write(std::as_bytes(std::span(buffer)));
        written += buffer.size();
        buffer.clear();
    }
    void finish() {
        flush();
        file.syncData();
        file.close();
    }

    base::FileHandle file;
    std::size_t limit;
    std::vector<std::uint16_t> buffer;
    std::uint64_t written = 0;
    std::uint64_t tokens = 0, bytes = 0;
    HashSample documents, lines;
};

class Tokeniser {
public:
    Tokeniser(const std::filesystem::path &folder, const TokeniseOptions &options, std::size_t documentBytes,
              double share)
        : m_options(options), m_documentBytes(documentBytes), m_share(share),
          m_training(folder / kTrainingFile, options.bufferBytes),
          m_validation(folder / kValidationFile, options.bufferBytes) {}

    enum class Into { byHash, training, validation };
    void addSources(const SourceList &sources, Into into);
    TokenManifest finish();

private:
    void addFile(const SourceFile &file, const std::string &domain, Into into, bool folder);
    void readThrough(TextReader &reader, TokenisedDomain &domain, Into into);
    void addDocument(std::string_view document, TokenisedDomain &domain, Into into);
    void addLines(std::string_view document, Part &part);
    void note(const SourceFile &file, const TextNotes &notes);
    void warnOfRepeats(TokenManifest &manifest) const;
    void warnOfFiles(TokenManifest &manifest) const;
    TokenisedDomain &domain(const std::string &name);

    const TokeniseOptions &m_options;
    std::size_t m_documentBytes;
    double m_share;
    CharacterCodes m_codes;
    Part m_training, m_validation;
    base::Hasher128 m_content;
    TokenManifest m_manifest;
    std::map<std::string, std::uint64_t> m_encodings;
    std::vector<std::string> m_fileWarnings;
    std::uint64_t m_lineEndFiles = 0;
    std::uint64_t m_quietFiles = 0;
};

TokenisedDomain &Tokeniser::domain(const std::string &name) {
    const auto found = std::find_if(m_manifest.domains.begin(), m_manifest.domains.end(),
                                    [&](const TokenisedDomain &other) { return other.name == name; });
    if (found != m_manifest.domains.end()) return *found;
    m_manifest.domains.push_back(
        {name, m_training.tokens, m_training.tokens, m_validation.tokens, m_validation.tokens, 0, 0});
    return m_manifest.domains.back();
}

void Tokeniser::addSources(const SourceList &sources, Into into) {
    m_manifest.warnings.insert(m_manifest.warnings.end(), sources.warnings.begin(), sources.warnings.end());
    for (const SourceFile &file : sources.files)
        addFile(file, sources.domains[file.domain], into, sources.folder);
}

/// In a folder a file that is no text is left out from where it stops being one; alone it is an error.
void Tokeniser::addFile(const SourceFile &file, const std::string &name, Into into, bool folder) {
    TokenisedDomain &target = domain(name);
    if (into == Into::validation && target.validationEnd == target.validationBegin)
        target.validationBegin = target.validationEnd = m_validation.tokens;
    try {
        TextReader reader(file.path, m_options.bufferBytes);
        readThrough(reader, target, into);
        note(file, reader.notes());
        if (reader.notes().bytesRead != file.size)
            throw base::Error(base::ExitCode::badInput, "data.changed",
                              fmt::format("the text had {} bytes and now has {}", file.size, reader.notes().bytesRead),
                              base::printable(file.path.native(), 400),
                              "wait until nothing writes to it any more, then start again");
    } catch (const base::Error &error) {
        if (!folder || error.code() == "data.changed" || error.exit() != base::ExitCode::badInput) throw;
        if (m_fileWarnings.size() < 20)
            m_fileWarnings.push_back(fmt::format("{}: {}; left out from there on.", error.where(), error.happened()));
        else
            ++m_quietFiles;
    }
}

void Tokeniser::readThrough(TextReader &reader, TokenisedDomain &target, Into into) {
    Splitter splitter(m_documentBytes);
    const auto emit = [&](std::string_view document) { addDocument(document, target, into); };
    for (std::string piece; reader.next(piece); piece.clear())
        splitter.add(piece, emit);
    splitter.finish(emit);
}

void Tokeniser::addDocument(std::string_view document, TokenisedDomain &target, Into into) {
    const std::uint64_t hash = base::hash64(document);
    const bool kept =
        into == Into::validation || (into == Into::byHash && static_cast<double>(hash >> 11) * 0x1p-53 < m_share);
    Part &part = kept ? m_validation : m_training;
    m_content.addNumber(kept ? 1 : 0);
    m_content.addNumber(static_cast<std::uint64_t>(&target - m_manifest.domains.data()));
    m_content.addNumber(document.size());
    m_content.add(document);
    part.documents.add(hash);
    addLines(document, part);
    target.bytes += document.size();
    ++target.documents;
    if (m_options.bytes)
        for (const char byte : document)
            part.put(static_cast<unsigned char>(byte));
    else
        base::forEachCodePoint(document, [&](base::CodePoint point, std::size_t) {
            const std::uint16_t code = point.valid ? m_codes.code(point.value) : std::uint16_t{0};
            if (!kept) m_codes.count(code);
            part.put(code);
        });
    part.endDocument(document.size());
    (kept ? target.validationEnd : target.trainingEnd) = part.tokens;
}

void Tokeniser::addLines(std::string_view document, Part &part) {
    for (std::size_t begin = 0; begin < document.size();) {
        const std::size_t end = std::min(document.find('\n', begin), document.size());
        if (end - begin >= kLongLine) part.lines.add(base::hash64(document.substr(begin, end - begin)));
        begin = end + 1;
    }
}

void Tokeniser::note(const SourceFile &file, const TextNotes &notes) {
    ++m_encodings[std::string(nameOf(notes.encoding))];
    if (notes.lineEnds > 0) ++m_lineEndFiles;
    if (notes.invalid == 0) return;
    if (m_fileWarnings.size() < 20)
        m_fileWarnings.push_back(fmt::format("{} has {} places that are not valid {}, the first at byte {}; they {}.",
                                             base::printable(file.path.native(), 400), notes.invalid,
                                             nameOf(notes.encoding), notes.firstInvalid,
                                             m_options.bytes ? "are kept as bytes" : "read as the unknown character"));
    else
        ++m_quietFiles;
}

std::string percent(double share) { return base::toFixed(100 * share, 1) + " %"; }

void Tokeniser::warnOfFiles(TokenManifest &manifest) const {
    for (const auto &[name, count] : m_encodings)
        if (name != nameOf(Encoding::utf8))
            manifest.warnings.push_back(fmt::format("{} file(s) in {} were converted to UTF-8.", count, name));
    if (m_encodings.size() > 1) manifest.warnings.push_back("The files are in different encodings.");
    if (m_lineEndFiles > 0)
        manifest.warnings.push_back(fmt::format("Line ends CR LF were read as LF in {} file(s).", m_lineEndFiles));
    manifest.warnings.insert(manifest.warnings.end(), m_fileWarnings.begin(), m_fileWarnings.end());
    if (m_quietFiles > 0) manifest.warnings.push_back(fmt::format("{} more files had such troubles.", m_quietFiles));
}

void Tokeniser::warnOfRepeats(TokenManifest &manifest) const {
    if (const double share = m_training.documents.repeated(); share > 0.01)
        manifest.warnings.push_back(fmt::format("{} of the training documents are copies of others.", percent(share)));
    const double documents = m_validation.documents.sharedWith(m_training.documents),
                 lines = m_validation.lines.sharedWith(m_training.lines);
    if (documents > 0)
        manifest.warnings.push_back(
            fmt::format("{} of the validation documents are also in the training text: validation will look too good.",
                        percent(documents)));
    else if (lines > 0.05)
        manifest.warnings.push_back(fmt::format("{} of the validation's lines (of {} bytes or more) are also in the "
                                                "training text: validation will look too good.",
                                                percent(lines), kLongLine));
    if (manifest.trainingTokens < 100'000)
        manifest.warnings.push_back(fmt::format(
            "The text is small ({} training tokens): a model will soon know it by heart.", manifest.trainingTokens));
    for (const TokenisedDomain &domain : manifest.domains) {
        const double share = static_cast<double>(domain.trainingEnd - domain.trainingBegin) /
                             static_cast<double>(std::max<std::uint64_t>(manifest.trainingTokens, 1));
        if (manifest.domains.size() > 1 && share > 0.9)
            manifest.warnings.push_back(
                fmt::format("'{}' makes up {} of the training text.", domain.name, percent(share)));
    }
}

TokenManifest Tokeniser::finish() {
    m_training.finish();
    m_validation.finish();
    TokenManifest manifest = m_manifest;
    manifest.bytes = m_options.bytes;
    manifest.characters = m_codes.characters();
    manifest.vocabulary = m_codes.mostFrequent(m_options.vocabularyLimit - 1);
    manifest.trainingTokens = m_training.tokens;
    manifest.validationTokens = m_validation.tokens;
    manifest.validationBytes = m_validation.bytes;
    std::erase_if(manifest.domains, [](const TokenisedDomain &domain) { return domain.documents == 0; });
    for (const TokenisedDomain &domain : manifest.domains) {
        manifest.documents += domain.documents;
        manifest.sourceBytes += domain.bytes;
        m_content.add(domain.name);
    }
    m_content.addNumber(manifest.bytes ? 1 : 0);
    for (const char32_t character : manifest.vocabulary)
        m_content.addNumber(character);
    manifest.content = base::hex(m_content.value());
    if (const std::size_t seen = manifest.characters.size(); !manifest.bytes && seen > manifest.vocabulary.size())
        manifest.warnings.push_back(
            fmt::format("Of {} different characters {} became tokens; the rest read as the unknown character.", seen,
                        manifest.vocabulary.size()));
    warnOfFiles(manifest);
    warnOfRepeats(manifest);
    return manifest;
}

std::uint64_t totalBytes(const SourceList &list) {
    std::uint64_t bytes = 0;
    for (const SourceFile &file : list.files)
        bytes += file.size;
    return bytes;
}

void removeTokens(const std::filesystem::path &folder) {
    for (const char *name : {kTrainingFile, kValidationFile})
        if (base::realFiles().exists(folder / name)) base::realFiles().removeFile(folder / name);
}

base::Error tooShort(const SourceList &sources, const TokenManifest &manifest, std::uint64_t window) {
    if (manifest.documents == 0)
        return base::Error(base::ExitCode::badInput, "data.empty",
                           "nothing in the folder can be read as text; " + manifest.warnings.front(),
                           base::printable(sources.root.native(), 400), "give a folder with text files");
    return base::Error(base::ExitCode::badInput, "data.too_short",
                       fmt::format("{} tokens to train on and {} to validate, where each needs {} (a window of "
                                   "model.context tokens and one more)",
                                   manifest.trainingTokens, manifest.validationTokens, window),
                       base::printable(sources.root.native(), 400),
                       "give a longer text, or make model.context smaller");
}

}  // namespace

TokenManifest tokenise(const SourceList &training, const SourceList *validation, const std::filesystem::path &folder,
                       const TokeniseOptions &options) {
    const std::size_t documentBytes = options.documentBytes != 0
                                          ? options.documentBytes
                                          : std::clamp<std::size_t>(totalBytes(training) / 200, 128, 4096);
    for (double share = options.validationShare;; share = std::min(0.5, 2 * share)) {
        Tokeniser tokeniser(folder, options, documentBytes, share);
        tokeniser.addSources(training, validation != nullptr ? Tokeniser::Into::training : Tokeniser::Into::byHash);
        if (validation != nullptr) tokeniser.addSources(*validation, Tokeniser::Into::validation);
        TokenManifest manifest = tokeniser.finish();
        if (share != options.validationShare)
            manifest.warnings.push_back(
                fmt::format("The text is short: {} of it is kept for validation.", percent(share)));
        const bool enough = manifest.trainingTokens >= options.window && manifest.validationTokens >= options.window;
        if (enough) return manifest;
        if (validation != nullptr || share >= 0.5 ||
            manifest.trainingTokens + manifest.validationTokens < 2 * options.window)
            throw tooShort(training, manifest, options.window);
        removeTokens(folder);
    }
}

}  // namespace moescope::data
