// Splitter: a stream of text cut into documents of a few KB at line ends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/utf8.hpp"

namespace moescope::data {

/// A document ends with the first line that brings it to `target` bytes or more, or, where lines are longer than that, at twice
/// `target`, never inside a character. The same text gives the same documents however it comes in pieces. Thread: one.
class Splitter {
public:
    explicit Splitter(std::size_t target) : m_target(target) {}

    /// Calls emit(std::string_view document) for each that is complete.
    template <class Emit>
    void add(std::string_view text, Emit&& emit) {
        for (const char c : text) {
            m_document.push_back(c);
            if (m_document.size() < m_target || (c != '\n' && m_document.size() < 2 * m_target)) continue;
            const std::size_t cut = c == '\n' ? 0 : base::incompleteUtf8Tail(m_document);
            if (cut > 0 && m_document.size() < 2 * m_target + 4) continue;
            emit(std::string_view(m_document));
            m_document.clear();
        }
    }

    /// The rest, at the end of a file.
    template <class Emit>
    void finish(Emit&& emit) {
        if (!m_document.empty()) emit(std::string_view(m_document));
        m_document.clear();
    }

private:
    std::size_t m_target;
    std::string m_document;
};

}  // namespace moescope::data
