// Reading hostile JSON piece by piece into Json, and writing it.
#include "core/config/json_value.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"

namespace moescope::config {
namespace {

// Builds the tree from the parser's events; refuses depth and repeated keys while reading, before memory is spent on
// them.
class Builder : public nlohmann::json_sax<nlohmann::json> {
public:
    Json root;
    std::string error;

    bool null() override { return add(Json()); }
    bool boolean(bool b) override { return add(Json(b)); }
    bool number_integer(number_integer_t i) override { return add(Json(static_cast<std::int64_t>(i))); }
    bool number_unsigned(number_unsigned_t u) override {
        if (u <= static_cast<number_unsigned_t>(INT64_MAX)) return add(Json(static_cast<std::int64_t>(u)));
        return add(Json(static_cast<double>(u)));
    }
    bool number_float(number_float_t d, const string_t&) override { return add(Json(static_cast<double>(d))); }
    bool string(string_t& s) override { return add(Json(std::move(s))); }
    bool binary(binary_t&) override { return refuse("binary values are not allowed"); }
    bool start_object(std::size_t) override { return open(Json(Json::Object{})); }
    bool start_array(std::size_t) override { return open(Json(Json::Array{})); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        Level& level = m_open.back();
        if (!level.keys.insert(name).second)
            return refuse(fmt::format("the key \"{}\" is given twice", base::printable(name)));
        level.key = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
        if (!error.empty()) return false;
        error = e.id == 406 ? fmt::format("a number at byte {} is too large", position)
                            : fmt::format("it is not valid JSON at byte {}", position);
        return false;
    }

private:
    struct Level {
        Json container;
        std::string key;
        std::unordered_set<std::string> keys;
    };
    std::vector<Level> m_open;

    bool refuse(std::string why) {
        error = std::move(why);
        return false;
    }
    bool add(Json value) {
        if (m_open.empty()) {
            root = std::move(value);
            return true;
        }
        Level& level = m_open.back();
        if (auto* object = level.container.object())
            object->emplace_back(std::move(level.key), std::move(value));
        else
            std::get<Json::Array>(level.container.value).push_back(std::move(value));
        return true;
    }
    bool open(Json container) {
        if (m_open.size() >= kMostJsonDepth)
            return refuse(fmt::format("it is nested deeper than {} levels", kMostJsonDepth));
        m_open.push_back({std::move(container), {}, {}});
        return true;
    }
    bool close() {
        Json done = std::move(m_open.back().container);
        m_open.pop_back();
        return add(std::move(done));
    }
};

nlohmann::ordered_json toLibrary(const Json& json);

struct ToLibrary {
    nlohmann::ordered_json operator()(const Json::Array& items) const {
        auto out = nlohmann::ordered_json::array();
        for (const Json& item : items)
            out.push_back(toLibrary(item));
        return out;
    }
    nlohmann::ordered_json operator()(const Json::Object& members) const {
        auto out = nlohmann::ordered_json::object();
        for (const auto& [name, value] : members)
            out[name] = toLibrary(value);
        return out;
    }
    nlohmann::ordered_json operator()(const auto& scalar) const { return scalar; }
};

nlohmann::ordered_json toLibrary(const Json& json) { return std::visit(ToLibrary{}, json.value); }

}  // namespace

const Json* Json::member(std::string_view name) const {
    if (const auto* members = object()) {
        for (const auto& [key, item] : *members) {
            if (key == name) return &item;
        }
    }
    return nullptr;
}

ParsedJson parseJson(std::string_view text) {
    if (text.size() > kMostJsonBytes)
        return {{}, fmt::format("it has {} bytes; at most {} are read", text.size(), kMostJsonBytes)};
    Builder builder;
    nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    if (!builder.error.empty()) return {{}, builder.error};
    return {std::move(builder.root), {}};
}

std::string dumpJson(const Json& value, int indent) {
    return toLibrary(value).dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string describe(const Json& json) {
    struct Describe {
        std::string operator()(std::nullptr_t) const { return "null"; }
        std::string operator()(bool b) const { return b ? "true" : "false"; }
        std::string operator()(std::int64_t i) const { return "the number " + base::toText(i); }
        std::string operator()(double d) const { return "the number " + base::toText(d); }
        std::string operator()(const std::string& s) const {
            return fmt::format("the text \"{}\"", base::printable(s, 60));
        }
        std::string operator()(const Json::Array&) const { return "a list"; }
        std::string operator()(const Json::Object&) const { return "an object"; }
    };
    return std::visit(Describe{}, json.value);
}

}  // namespace moescope::config
