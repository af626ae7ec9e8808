// TextReader: a file as a stream of UTF-8, piece by piece, whatever it is written in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/files.hpp"
#include "core/data/text/encoding.hpp"

namespace moescope::data {

/// What was found on the way; complete once the reader is at its end.
struct TextNotes {
    Encoding encoding = Encoding::utf8;
    std::uint64_t bytesRead = 0;
    std::uint64_t lineEnds = 0;      ///< CR LF that became LF
    std::uint64_t invalid = 0;       ///< parts that are not well-formed; kept as they are in UTF-8, U+FFFD in UTF-16
    std::uint64_t firstInvalid = 0;  ///< byte in the file
};

/// Drops a byte order mark, converts to UTF-8, turns CR LF into LF. Throws base::Error exit 3 for what is no text
/// ("data.binary", with file and byte) and for a file that cannot be read. Thread: one.
class TextReader {
public:
    TextReader(const std::filesystem::path &path, std::size_t bufferBytes);
    /// Appends the next piece, never cutting a character; false (and nothing appended) at the end.
    bool next(std::string &text);
    const TextNotes &notes() const { return m_notes; }

private:
    std::string readPiece();
    void cutAtZero(std::string &piece);
    void noteInvalid(std::uint64_t position);
    void convertUtf8(std::string piece, bool last, std::string &out);
    void convertUtf16(std::string piece, bool last, std::string &out);
    void appendLines(std::string_view piece, bool last, std::string &text);

    std::filesystem::path m_path;
    base::FileOps &m_files;
    struct Closer {
        base::FileOps *files;
        int fd = -1;
        ~Closer();
    } m_file;
    std::size_t m_bufferBytes;
    std::uint64_t m_offset = 0;  // of the next byte to read
    std::string m_held;          // bytes of a character that is cut
    bool m_multibyte = false;    // UTF-8 beyond ASCII has been seen
    bool m_carriage = false;     // a CR is held back
    bool m_done = false;
    std::optional<std::uint64_t> m_zero;  // where a zero ends the text; told once what is before it has been given out
    TextNotes m_notes;
};

}  // namespace moescope::data
