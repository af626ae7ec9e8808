// The header of a safetensors file that nobody vouches for, checked field by field while it is parsed.
#include "core/base/utf8.hpp"
#include "core/checkpoint/safetensors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace moescope::checkpoint {

namespace {

using base::Error;
using base::ExitCode;
using base::printable;

[[noreturn]] void refuse(const std::string& what, std::string_view where, const std::string& field) {
    throw Error(ExitCode::badInput, "safetensors.bad", what, std::string(where) + (field.empty() ? "" : ", " + field),
                "fetch the file again, or ask whoever made it for a correct one");
}

// What may stand where: {"__metadata__": {text: text}, name: {"dtype": text, "shape": [n...], "data_offsets": [n, n]}}. Anything else ends the parse at
// once, so nesting never goes deeper than three.
class HeaderParser {
public:
    using Json = nlohmann::json;

    explicit HeaderParser(std::string_view where) : m_where(where) {}

    bool null() { return scalar("null"); }
    bool boolean(bool) { return scalar("true or false"); }
    bool number_integer(Json::number_integer_t) { return scalar("a negative number"); }
    bool number_float(Json::number_float_t, const std::string& text) { return scalar("the number " + printable(text, 40) + ", not a whole number below 2^64"); }
    bool number_unsigned(Json::number_unsigned_t value) {
        if (m_place == Place::shape) return addDimension(value);
        if (m_place == Place::offsets) return addOffset(value);
        return scalar("a number");
    }
    bool string(std::string& value) {
        if (m_place == Place::metadata) return addMetadata(value);
        if (m_place == Place::tensor && m_field == Field::dtype) return setDtype(value);
        return scalar("a text");
    }
    bool binary(Json::binary_t&) { return scalar("binary data"); }

    bool start_object(std::size_t) {
        if (m_place == Place::start) return enter(Place::header);
        if (m_place == Place::header) return enter(m_isMetadata ? Place::metadata : Place::tensor);
        return scalar("an object");
    }
    bool key(std::string& name) {
        if (m_place == Place::header) return startEntry(name);
        if (m_place == Place::tensor) return startField(name);
        m_metadataKey = name;
        return true;
    }
    bool end_object() {
        if (m_place == Place::tensor) finishTensor();
        m_place = m_place == Place::header ? Place::end : Place::header;
        return true;
    }
    bool start_array(std::size_t) {
        if (m_place == Place::tensor && m_field == Field::shape) return enter(Place::shape);
        if (m_place == Place::tensor && m_field == Field::offsets) return enter(Place::offsets);
        return scalar("a list");
    }
    bool end_array() {
        m_place = Place::tensor;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
        refuse("the header is not valid JSON", m_where, "header byte " + std::to_string(position > 0 ? position - 1 : 0));
    }

    ParsedHeader take() { return std::move(m_header); }

private:
    enum class Place { start, header, metadata, tensor, shape, offsets, end };
    enum class Field : unsigned { dtype = 1, shape = 2, offsets = 4, none = 0 };

    std::string here() const {
        if (m_place == Place::start) return "header";
        if (m_isMetadata) return "__metadata__, key \"" + printable(m_metadataKey) + "\"";
        std::string text = m_entry.empty() ? "header" : "tensor \"" + printable(m_entry) + "\"";
        if (m_field == Field::dtype) text += ", dtype";
        if (m_field == Field::shape) text += ", shape";
        if (m_field == Field::offsets) text += ", data_offsets";
        return text;
    }
    bool scalar(const std::string& found) const { refuse(found + " stands where it may not", m_where, here()); }
    bool enter(Place place) {
        m_place = place;
        return true;
    }
    bool startEntry(std::string& name) {
        m_field = Field::none;
        m_isMetadata = name == "__metadata__";
        m_metadataKey.clear();
        if (m_isMetadata) {
            if (std::exchange(m_sawMetadata, true)) refuse("the key appears twice", m_where, "__metadata__");
            return true;
        }
        if (const auto problem = nameProblem(name); !problem.empty()) refuse("a tensor's name " + std::string(problem), m_where, "tensor \"" + printable(name) + "\"");
        m_entry = name;
        if (m_header.tensors.size() == SafetensorsLimits::tensors)
            refuse("more than " + std::to_string(SafetensorsLimits::tensors) + " tensors", m_where, here());
        m_tensor = TensorInfo{};
        m_tensor.name = name;
        m_seen = 0;
        m_offsetCount = 0;
        return true;
    }
    bool startField(const std::string& name) {
        m_field = name == "dtype" ? Field::dtype : name == "shape" ? Field::shape : name == "data_offsets" ? Field::offsets : Field::none;
        if (m_field == Field::none) refuse("unknown key \"" + printable(name) + "\"", m_where, here());
        const auto bit = static_cast<unsigned>(m_field);
        if ((m_seen & bit) != 0) refuse("the key appears twice", m_where, here());
        m_seen |= bit;
        return true;
    }
    bool addMetadata(const std::string& value) {
        if (!m_header.metadata.emplace(m_metadataKey, value).second) refuse("the key appears twice", m_where, here());
        return true;
    }
    bool setDtype(const std::string& name) {
        const auto dtype = dtypeNamed(name);
        if (!dtype) refuse("unknown type \"" + printable(name, 40) + "\" (known: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL)", m_where, here());
        m_tensor.dtype = *dtype;
        return true;
    }
    bool addDimension(std::uint64_t value) {
        if (m_tensor.shape.size() == SafetensorsLimits::rank) refuse("more than " + std::to_string(SafetensorsLimits::rank) + " dimensions", m_where, here());
        if (value > static_cast<std::uint64_t>(SafetensorsLimits::elements)) refuse("the dimension " + std::to_string(value) + " is above 2^40", m_where, here());
        m_tensor.shape.push_back(static_cast<std::int64_t>(value));
        return true;
    }
    bool addOffset(std::uint64_t value) {
        if (m_offsetCount == 2) refuse("more than two offsets", m_where, here());
        (m_offsetCount++ == 0 ? m_tensor.begin : m_tensor.end) = value;
        return true;
    }
    void finishTensor() {
        m_field = Field::none;
        if (m_seen != 7) refuse("needs dtype, shape and data_offsets", m_where, here());
        if (m_offsetCount != 2) refuse("data_offsets needs two numbers", m_where, here());
        if (m_tensor.begin > m_tensor.end) refuse("data_offsets run backwards", m_where, here());
        const auto bytes = checkedByteSize(m_tensor.dtype, m_tensor.shape);
        if (!bytes) refuse("the shape has more than 2^40 elements", m_where, here());
        if (*bytes != m_tensor.bytes())
            refuse("the shape needs " + std::to_string(*bytes) + " bytes, data_offsets give " + std::to_string(m_tensor.bytes()), m_where, here());
        m_header.tensors.push_back(std::move(m_tensor));
        m_entry.clear();
    }

    std::string_view m_where;
    ParsedHeader m_header;
    TensorInfo m_tensor;
    std::string m_entry;
    std::string m_metadataKey;
    Place m_place = Place::start;
    Field m_field = Field::none;
    unsigned m_seen = 0;
    int m_offsetCount = 0;
    bool m_isMetadata = false;
    bool m_sawMetadata = false;
};

std::string tensorField(const TensorInfo& tensor) { return "tensor \"" + printable(tensor.name) + "\""; }

void requireUniqueNames(const std::vector<TensorInfo>& tensors, std::string_view where) {
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return tensors[a].name < tensors[b].name; });
    const auto same = std::adjacent_find(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return tensors[a].name == tensors[b].name; });
    if (same != order.end()) refuse("the name appears twice", where, tensorField(tensors[*same]));
}

// Sorts by place; then each must begin where the one before ended, and the last must end with the file.
void requireContiguous(std::vector<TensorInfo>& tensors, std::uint64_t dataBytes, std::string_view where) {
    std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
    std::uint64_t next = 0;
    for (const TensorInfo& tensor : tensors) {
        if (tensor.begin != next)
            refuse(std::string(tensor.begin > next ? "a gap" : "an overlap") + ": it begins at " + std::to_string(tensor.begin) + " where " + std::to_string(next) + " is next", where,
                   tensorField(tensor));
        next = tensor.end;
    }
    if (next != dataBytes)
        refuse("the tensors take " + std::to_string(next) + " bytes, the file has " + std::to_string(dataBytes) + " after its header", where, "data_offsets");
}

}  // namespace

std::string_view nameProblem(std::string_view name) {
    if (name.empty()) return "is empty";
    if (name == "__metadata__") return "is reserved";
    if (name.size() > SafetensorsLimits::nameBytes) return "is longer than 512 bytes";
    bool valid = true;
    bool control = false;
    base::forEachCodePoint(name, [&](const base::CodePoint& point, std::size_t) {
        valid = valid && point.valid;
        control = control || point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0);
    });
    if (!valid) return "is not valid UTF-8";
    return control ? "has control characters" : "";
}

ParsedHeader parseSafetensorsHeader(std::string_view header, std::uint64_t dataBytes, std::string_view where) {
    if (header.size() > SafetensorsLimits::headerBytes) refuse("the header is larger than 32 MB", where, "byte 0");
    if (header.empty() || header.front() != '{') refuse("the header does not begin with '{'", where, "byte 8");
    // The JSON library takes a NUL for the end of its input.
    if (const auto at = header.find('\0'); at != std::string_view::npos) refuse("a NUL byte in the header", where, "header byte " + std::to_string(at));
    HeaderParser parser(where);
    nlohmann::json::sax_parse(header.begin(), header.end(), &parser);
    ParsedHeader parsed = parser.take();
    requireUniqueNames(parsed.tensors, where);
    requireContiguous(parsed.tensors, dataBytes, where);
    return parsed;
}

}  // namespace moescope::checkpoint
