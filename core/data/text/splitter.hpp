// Splitter: a stream of text cut into documents of a few KB at line ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/utf8.hpp"

namespace moescope::data {

/// A document ends with the first line that brings it to `target` bytes or more, or, where lines are longer than that,
/// at twice `target`, never inside a character. The same text gives the same documents however it comes in pieces.
/// Thread: one.
class Splitter {
public:
    explicit Splitter(std::size_t target) : m_target(target) {}

    /// Calls emit(std::string_view document) for each that is complete.
    template <class Emit>
    void add(std::string_view text, Emit &&emit) {
        while (!text.empty()) {
            const std::size_t taken = bytesToTake(text);
            m_document.append(text.substr(0, taken));
            text.remove_prefix(taken);
            if (!complete()) continue;
            emit(std::string_view(m_document));
            m_document.clear();
        }
    }

    /// The rest, at the end of a file.
    template <class Emit>
    void finish(Emit &&emit) {
        if (!m_document.empty()) emit(std::string_view(m_document));
        m_document.clear();
    }

private:
    /// Up to the line end that completes the document, or the place where it must be cut, or all.
    std::size_t bytesToTake(std::string_view text) const {
        const std::size_t size = m_document.size();
        if (size >= 2 * m_target) return 1;
        const std::size_t lineEnd = text.find('\n', size + 1 < m_target ? m_target - 1 - size : 0);
        return std::min(
            {text.size(), 2 * m_target - size, lineEnd == std::string_view::npos ? text.size() : lineEnd + 1});
    }

    bool complete() const {
        if (m_document.size() < m_target) return false;
        if (m_document.back() == '\n' || m_document.size() >= 2 * m_target + 4) return true;
        return m_document.size() >= 2 * m_target && base::incompleteUtf8Tail(m_document) == 0;
    }

    std::size_t m_target;
    std::string m_document;
};

}  // namespace moescope::data
