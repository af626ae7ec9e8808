// Errors rendered as one line, and foreign text made fit for it.
#include "core/base/error.hpp"

#include "core/base/utf8.hpp"

#include <algorithm>

namespace moescope::base {

namespace {

bool isControl(char32_t value) { return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0x2028 || value == 0x2029; }

std::string oneLine(std::string_view code, std::string_view what, std::string_view where, std::string_view advice) {
    std::string line = "error: ";
    line.append(code).append(": ").append(what).append(": ").append(where).append(": ").append(advice);
    std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return line;
}

}  // namespace

Error::Error(ExitCode exit, std::string code, std::string what, std::string where, std::string advice)
    : std::runtime_error(oneLine(code, what, where, advice)),
      m_exit(exit),
      m_code(std::move(code)),
      m_happened(std::move(what)),
      m_where(std::move(where)),
      m_advice(std::move(advice)) {}

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = codePointAt(text, at);
        const std::size_t length = point.length;
        if (out.size() + length > limit) return out + "...";
        if (point.valid && !isControl(point.value)) out.append(text.substr(at, length));
        else out += '?';
        at += length;
    }
    return out;
}

}  // namespace moescope::base
