// Hostile until checked: every row is measured and every number is looked at.
#include "core/tensor.hpp"

#include <cmath>
#include <limits>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/routing/table_json.hpp"

namespace moescope::routing {

namespace {

using nlohmann::json;

constexpr double kMost = std::numeric_limits<float>::max();
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 24;

bool startsNumber(char c) { return c == '-' || (c >= '0' && c <= '9') || c == 'N' || c == 'I'; }
bool inNumber(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.';
}

// What JSON cannot say as a number, in quotes.
std::string numberToken(std::string_view token) {
    const bool words = token == "NaN" || token == "Infinity" || token == "-Infinity" || token == "-NaN";
    const bool tooLarge = !words && !base::toDouble(token) && token.find("e-") == token.npos && token.find("E-") == token.npos &&
                          token.find_first_not_of("0123456789.eE+-") == token.npos;
    return words || tooLarge ? '"' + std::string(token) + '"' : std::string(token);
}

std::string quoteSpecials(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '"') {
            const std::size_t begin = i++;
            while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
            i = std::min(i + 1, text.size());
            out += text.substr(begin, i - begin);
        } else if (startsNumber(text[i])) {
            const std::size_t begin = i;
            while (i < text.size() && inNumber(text[i])) ++i;
            out += numberToken(text.substr(begin, i - begin));
        } else {
            out += text[i++];
        }
    }
    return out;
}

float finite(const json& value, const std::string& where) {
    if (value.is_string())
        refuseInput("\"" + base::printable(value.get<std::string>(), 20) + "\" is not a finite number", where);
    if (!value.is_number()) refuseInput("an entry is not a number", where);
    const double number = value.get<double>();
    if (!(std::abs(number) <= kMost)) refuseInput("a number is infinite in float32", where);
    return static_cast<float>(number);
}

void checkSize(std::int64_t count, const std::string& name) {
    if (count > kMostNumbers) refuseInput("the table has more than " + std::to_string(kMostNumbers) + " numbers", name);
}

std::string rowName(const std::string& name, std::size_t row) { return name + " row " + std::to_string(row); }

const json* member(const json& object, const std::string& key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return nullptr;
    if (!found->is_array()) refuseInput("a list of numbers is needed here", key);
    return &*found;
}

std::int64_t whole(const json& value, const std::string& where) {
    if (!value.is_number_integer() && !(value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>()))
        refuseInput("an entry is not a whole number", where);
    const double number = value.get<double>();
    if (!(number >= 0 && number < 9e15)) refuseInput("an entry is negative or too large", where);
    return static_cast<std::int64_t>(number);
}

template <class T>
at::Tensor tensorOf(const std::vector<T>& values, at::IntArrayRef shape, at::ScalarType type) {
    at::Tensor out = at::empty(shape, at::TensorOptions().dtype(type));
    std::copy(values.begin(), values.end(), out.mutable_data_ptr<T>());
    return out;
}

template <class Number>
json number(Number value) {
    if constexpr (std::is_floating_point_v<Number>)
        if (!std::isfinite(value)) return nullptr;
    return value;
}

template <class T>
json nested(const at::Tensor& tensor) {
    json out = json::array();
    if (tensor.dim() > 1) {
        for (std::int64_t row = 0; row < tensor.size(0); ++row) out.push_back(nested<T>(tensor.select(0, row)));
        return out;
    }
    const at::Tensor flat = tensor.contiguous();
    const T* data = flat.const_data_ptr<T>();
    for (std::int64_t i = 0; i < flat.numel(); ++i) out.push_back(number(data[i]));
    return out;
}

}  // namespace

void refuseInput(const std::string& what, const std::string& where) {
    throw base::Error(base::ExitCode::badInput, "route.input", what, where, "correct the input");
}

json parseTable(std::string_view text) {
    const json value = json::parse(quoteSpecials(text), nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) refuseInput("this is not JSON", "input");
    if (!value.is_object()) refuseInput("the input must be one JSON object", "input");
    return value;
}

at::Tensor matrixOf(const json& rows, const std::string& name) {
    if (!rows.is_array() || rows.empty()) refuseInput("a table needs at least one row", name);
    std::vector<float> values;
    const std::size_t columns = rows.front().is_array() ? rows.front().size() : 0;
    if (columns == 0) refuseInput("a row must be a list of numbers", rowName(name, 0));
    checkSize(static_cast<std::int64_t>(rows.size() * columns), name);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!rows[row].is_array() || rows[row].size() != columns)
            refuseInput("each row needs " + std::to_string(columns) + " numbers, as the first has", rowName(name, row));
        for (const json& entry : rows[row]) values.push_back(finite(entry, rowName(name, row)));
    }
    return tensorOf(values, {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(columns)}, at::kFloat);
}

at::Tensor readMatrix(const json& object, const std::string& key) {
    const json* rows = member(object, key);
    return rows ? matrixOf(*rows, key) : at::Tensor();
}

at::Tensor readVector(const json& object, const std::string& key) {
    const json* list = member(object, key);
    if (!list) return {};
    std::vector<float> values;
    for (std::size_t i = 0; i < list->size(); ++i) values.push_back(finite((*list)[i], rowName(key, i)));
    return tensorOf(values, {static_cast<std::int64_t>(values.size())}, at::kFloat);
}

at::Tensor readVectorOrMatrix(const json& object, const std::string& key) {
    const json* list = member(object, key);
    return list && !list->empty() && list->front().is_array() ? readMatrix(object, key) : readVector(object, key);
}

at::Tensor readWhole(const json& object, const std::string& key, bool rowsAllowed) {
    const json* list = member(object, key);
    if (!list) return {};
    std::vector<std::int64_t> values;
    const bool rows = rowsAllowed && !list->empty() && list->front().is_array();
    const std::size_t columns = rows ? list->front().size() : 1;
    checkSize(static_cast<std::int64_t>(list->size() * columns), key);
    for (std::size_t row = 0; row < list->size(); ++row) {
        const json& entry = (*list)[row];
        if (rows && (!entry.is_array() || entry.size() != columns)) refuseInput("rows differ in length", rowName(key, row));
        for (std::size_t i = 0; i < columns; ++i) values.push_back(whole(rows ? entry[i] : entry, rowName(key, row)));
    }
    const auto count = static_cast<std::int64_t>(list->size());
    if (!rows) return tensorOf(values, {count}, at::kLong);
    return tensorOf(values, {count, static_cast<std::int64_t>(columns)}, at::kLong);
}

json toJson(const at::Tensor& tensor) {
    const at::Tensor host = tensor.detach().to(at::kCPU);
    if (host.scalar_type() == at::kLong) return nested<std::int64_t>(host);
    if (host.scalar_type() == at::kBool) return nested<bool>(host);
    return nested<double>(host.to(at::kDouble));
}

}  // namespace moescope::routing
