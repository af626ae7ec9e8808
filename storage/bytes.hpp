// Little-endian numbers and texts in a byte string, read back with every length checked.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace moescope::storage {

static_assert(std::endian::native == std::endian::little, "blobs are written as they lie in memory");

/// A blob that is not what it says; turned into an exit 5 error that names the row.
struct DecodeError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class ByteWriter {
public:
    template <class T> void put(T value) {
        static_assert(std::is_arithmetic_v<T>);
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    template <class T> void putAll(const std::vector<T>& values) {
        static_assert(std::is_arithmetic_v<T>);
        if (!values.empty()) m_bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    }
    template <class T> void putArray(const std::vector<T>& values) {
        put<std::uint64_t>(values.size());
        putAll(values);
    }
    void putTexts(const std::vector<std::string>& texts) {
        put<std::uint64_t>(texts.size());
        for (const std::string& text : texts) {
            put<std::uint64_t>(text.size());
            m_bytes.append(text);
        }
    }
    std::size_t size() const { return m_bytes.size(); }
    std::string take() { return std::move(m_bytes); }

private:
    std::string m_bytes;
};

class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : m_rest(bytes) {}
    std::string_view take(std::uint64_t count) {
        if (count > m_rest.size()) throw DecodeError("a blob ends too early");
        const auto part = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return part;
    }
    template <class T> T get() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    template <class T> std::vector<T> getAll(std::uint64_t count) {
        if (count > m_rest.size() / sizeof(T)) throw DecodeError("a blob is too short for what it counts");
        std::vector<T> values(count);
        if (count > 0) std::memcpy(values.data(), take(count * sizeof(T)).data(), count * sizeof(T));
        return values;
    }
    template <class T> std::vector<T> getArray() { return getAll<T>(get<std::uint64_t>()); }
    std::vector<std::string> getTexts() {
        const auto count = get<std::uint64_t>();
        if (count > m_rest.size() / sizeof(std::uint64_t)) throw DecodeError("a blob is too short for its texts");
        std::vector<std::string> texts;
        texts.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) texts.emplace_back(take(get<std::uint64_t>()));
        return texts;
    }
    std::size_t left() const { return m_rest.size(); }
    void finish() const {
        if (!m_rest.empty()) throw DecodeError("a blob is longer than what it holds");
    }

private:
    std::string_view m_rest;
};

}  // namespace moescope::storage
