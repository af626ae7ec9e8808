// Reading with pread, holding back what a piece's end cuts.
#include "core/data/text/text_reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/utf8.hpp"

namespace moescope::data {

namespace {

constexpr std::size_t kHeadBytes = 1 << 16;

base::Error notText(const std::filesystem::path &path, const std::string &what, std::uint64_t position,
                    std::string advice) {
    return base::Error(base::ExitCode::badInput, "data.binary", what,
                       fmt::format("{} at byte {}", base::printable(path.native(), 400), position), std::move(advice));
}

int openSource(base::FileOps &files, const std::filesystem::path &path) {
    try {
        return files.open(path, base::OpenMode::read);
    } catch (const base::FileError &error) {
        throw base::Error(base::ExitCode::badInput, "data.unreadable", error.happened(),
                          base::printable(path.native(), 400), "check who may read it");
    }
}

std::string readAt(base::FileOps &files, int fd, std::uint64_t offset, std::size_t bytes) {
    std::string piece(bytes, '\0');
    std::size_t filled = 0;
    while (filled < bytes) {
        const std::size_t count =
            files.readSome(fd, std::as_writable_bytes(std::span(piece)).subspan(filled), offset + filled);
        if (count == 0) break;
        filled += count;
    }
    piece.resize(filled);
    return piece;
}

}  // namespace

TextReader::Closer::~Closer() {
    try {
        if (fd >= 0) files->close(fd);
    } catch (const std::exception &) {  // a file that was only read
    }
}

TextReader::TextReader(const std::filesystem::path &path, std::size_t bufferBytes)
    : m_path(path), m_files(base::realFiles()), m_file{&m_files, openSource(m_files, path)},
      m_bufferBytes(std::max<std::size_t>(bufferBytes, 4)) {
    ::posix_fadvise(m_file.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    const Detection detection = detectEncoding(readAt(m_files, m_file.fd, 0, kHeadBytes));
    if (!detection.refusal.empty()) throw notText(path, detection.refusal, detection.position, detection.advice);
    m_notes.encoding = detection.encoding;
    m_offset = detection.markLength;
}

std::string TextReader::readPiece() {
    std::string piece = readAt(m_files, m_file.fd, m_offset, m_bufferBytes);
    m_done = piece.empty();
    return piece;
}

void TextReader::cutAtZero(std::string &piece) {
    const std::size_t at = piece.find('\0');
    if (at == std::string::npos) return;
    m_zero = m_offset + at;
    piece.resize(at);
}

void TextReader::noteInvalid(std::uint64_t position) {
    if (m_notes.invalid++ == 0) m_notes.firstInvalid = position;
}

/// A file that was ASCII so far and now is not UTF-8 is Latin-1 from here on.
void TextReader::convertUtf8(std::string piece, bool last, std::string &out) {
    const std::uint64_t begin = m_offset - piece.size();
    const std::size_t tail = last ? 0 : base::incompleteUtf8Tail(piece);
    m_held = piece.substr(piece.size() - tail);
    piece.resize(piece.size() - tail);
    if (base::isUtf8(piece)) {
        m_multibyte = m_multibyte || std::any_of(piece.begin(), piece.end(),
                                                 [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    } else if (!m_multibyte && !looksLikeUtf8(piece)) {
        m_notes.encoding = Encoding::latin1;
        piece += std::exchange(m_held, {});
        return appendLatin1(out, piece);
    } else {
        m_multibyte = true;
        base::forEachCodePoint(piece, [&](base::CodePoint point, std::size_t at) {
            if (!point.valid) noteInvalid(begin + at);
        });
    }
    out += piece;
}

void TextReader::convertUtf16(std::string piece, bool last, std::string &out) {
    const std::uint64_t begin = m_offset - piece.size();
    const bool little = m_notes.encoding == Encoding::utf16Little;
    const auto unit = [&](std::size_t at) {
        const auto a = static_cast<unsigned char>(piece[at]), b = static_cast<unsigned char>(piece[at + 1]);
        return static_cast<char32_t>(little ? a | (b << 8) : (a << 8) | b);
    };
    std::size_t at = 0;
    for (; at + 1 < piece.size(); at += 2) {
        const char32_t first = unit(at);
        if (first == 0) {
            m_zero = begin + at;
            return;
        }
        if (first < 0xD800 || first > 0xDFFF) {
            base::appendUtf8(out, first);
            continue;
        }
        if (at + 3 >= piece.size() && !last) break;
        const char32_t second = at + 3 < piece.size() ? unit(at + 2) : 0;
        const bool pair = first < 0xDC00 && second >= 0xDC00 && second <= 0xDFFF;
        if (!pair) noteInvalid(begin + at);
        base::appendUtf8(out, pair ? 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00) : U'\uFFFD');
        if (pair) at += 2;
    }
    m_held = last ? std::string() : piece.substr(std::min(at, piece.size()));
    if (last && at < piece.size()) noteInvalid(begin + at);
}

/// CR LF to LF; a CR at the end waits for what follows.
void TextReader::appendLines(std::string_view piece, bool last, std::string &text) {
    while (!piece.empty()) {
        if (std::exchange(m_carriage, false)) {
            if (piece.front() == '\n')
                ++m_notes.lineEnds;
            else
                text.push_back('\r');
        }
        const std::size_t end = std::min(piece.find('\r'), piece.size());
        text.append(piece.substr(0, end));
        m_carriage = end < piece.size();
        piece.remove_prefix(std::min(end + 1, piece.size()));
    }
    if (last && std::exchange(m_carriage, false)) text.push_back('\r');
}

bool TextReader::next(std::string &text) {
    if (m_zero)
        throw notText(m_path, "the file is binary (it holds zero bytes)", *m_zero,
                      "give a text file, or cut it off there");
    if (m_done) return false;
    std::string piece = readPiece();
    const bool last = m_done;
    if (m_notes.encoding == Encoding::utf8 || m_notes.encoding == Encoding::latin1) cutAtZero(piece);
    m_offset += piece.size();
    m_notes.bytesRead = m_offset;
    std::string converted;
    std::string whole = std::exchange(m_held, {}) + piece;
    if (m_notes.encoding == Encoding::latin1)
        appendLatin1(converted, whole);
    else if (m_notes.encoding == Encoding::utf8)
        convertUtf8(std::move(whole), last, converted);
    else
        convertUtf16(std::move(whole), last, converted);
    const std::size_t before = text.size();
    appendLines(converted, last, text);
    return !last || text.size() > before;
}

}  // namespace moescope::data
