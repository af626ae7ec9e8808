// code{c, json, csv}: lines like those of C, JSON and CSV; the options are the weights of the three.
#include "core/data/domains/code.hpp"

namespace moescope::data {

namespace {

constexpr Piece rule(std::string_view name) { return Piece::rule(name); }
constexpr Piece word(std::string_view text) { return {text, Kind::keyword}; }
constexpr Piece sign(std::string_view text) { return {text, Kind::punctuation}; }
constexpr Piece op(std::string_view text) { return {text, Kind::operation}; }
constexpr Piece name(std::string_view text) { return {text, Kind::identifier}; }
constexpr Piece number(std::string_view text) { return {text, Kind::number}; }
constexpr Piece quoted(std::string_view text) { return {text, Kind::text}; }
constexpr Piece lineEnd(std::string_view text) { return {text, Kind::end}; }

void addC(std::vector<Rule> &rules) {
    const Rule more[] = {
        {"c", 3, {word("int"), sign(" "), rule("name"), op("="), rule("sum"), lineEnd(";\n")}},
        {"c", 3, {rule("name"), op("="), rule("sum"), lineEnd(";\n")}},
        {"c", 2, {word("if"), sign("("), rule("test"), sign("){"), rule("body"), lineEnd("}\n")}},
        {"c", 2, {word("while"), sign("("), rule("test"), sign("){"), rule("body"), lineEnd("}\n")}},
        {"c", 1, {word("return"), sign(" "), rule("sum"), lineEnd(";\n")}},
        {"test", 1, {rule("name"), op("<"), rule("value")}},
        {"test", 1, {rule("name"), op("=="), rule("value")}},
        {"body", 2, {rule("name"), op("="), rule("sum"), sign(";")}},
        {"body", 1, {rule("name"), op("="), rule("sum"), sign(";"), rule("body")}},
        {"sum", 2, {rule("value")}},
        {"sum", 1, {rule("value"), op("+"), rule("sum")}},
        {"sum", 1, {rule("value"), op("*"), rule("sum")}},
        {"value", 2, {rule("name")}},
        {"value", 1, {rule("number")}},
        {"name", 3, {name("i")}},
        {"name", 2, {name("n")}},
        {"name", 2, {name("x")}},
        {"name", 1, {name("sum")}},
        {"name", 1, {name("max")}},
    };
    rules.insert(rules.end(), std::begin(more), std::end(more));
}

void addJson(std::vector<Rule> &rules) {
    const Rule more[] = {
        {"json", 1, {sign("{"), rule("pairs"), lineEnd("}\n")}},
        {"pairs", 1, {rule("pair")}},
        {"pairs", 1, {rule("pair"), sign(","), rule("pairs")}},
        {"pair", 2, {sign("\""), name("id"), sign("\":"), rule("number")}},
        {"pair", 1, {sign("\""), name("on"), sign("\":"), rule("truth")}},
        {"pair", 1, {sign("\""), name("name"), sign("\":\""), rule("string"), sign("\"")}},
        {"pair", 1, {sign("\""), name("list"), sign("\":["), rule("items"), sign("]")}},
        {"items", 1, {rule("number")}},
        {"items", 1, {rule("number"), sign(","), rule("items")}},
        {"truth", 1, {word("true")}},
        {"truth", 1, {word("false")}},
        {"truth", 1, {word("null")}},
    };
    rules.insert(rules.end(), std::begin(more), std::end(more));
}

void addCsv(std::vector<Rule> &rules) {
    const Rule more[] = {
        {"csv", 1, {rule("number"), sign(","), rule("string"), sign(","), rule("number"), lineEnd("\n")}},
        {"string", 2, {quoted("red")}},
        {"string", 1, {quoted("green")}},
        {"string", 1, {quoted("blue")}},
        {"string", 1, {quoted("black")}},
        {"number", 1, {number("0")}},
        {"number", 2, {rule("first")}},
        {"number", 2, {rule("first"), rule("digit")}},
    };
    rules.insert(rules.end(), std::begin(more), std::end(more));
    constexpr std::string_view digits = "0123456789";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0) rules.push_back({"first", 1, {number(digits.substr(i, 1))}});
        rules.push_back({"digit", 1, {number(digits.substr(i, 1))}});
    }
}

}  // namespace

std::vector<Rule> codeRules(double c, double json, double csv) {
    std::vector<Rule> rules = {{"unit", c, {rule("c")}}, {"unit", json, {rule("json")}}, {"unit", csv, {rule("csv")}}};
    addC(rules);
    addJson(rules);
    addCsv(rules);
    return rules;
}

std::unique_ptr<Family> makeCode(Options &options) {
    const double c = options.number("c", 3, 0, 1e6), json = options.number("json", 2, 0, 1e6),
                 csv = options.number("csv", 1, 0, 1e6);
    if (c + json + csv <= 0) options.problem("c", "At least one of c, json and csv must be above 0.");
    return std::make_unique<Grammar>(codeRules(c + json + csv > 0 ? c : 1, json, csv));
}

}  // namespace moescope::data
