// Parsing and evaluating queries.
#include "storage/query.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/config/config_json.hpp"
#include "core/config/fields.hpp"
#include "storage/pattern.hpp"

namespace moescope::storage {

namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr int kMostDepth = 64;
constexpr std::array<std::string_view, 27> kFields = {
    "name", "tag", "state", "preset", "router", "note", "group", "parent", "ulid", "star", "archived", "colour", "created", "seed",
    "step", "steps", "tokens", "flops", "seconds", "params_total", "params_active", "loss", "val_loss", "best_val", "bits_per_byte", "bytes", "conflict"};
struct Alias {
    std::string_view from, to;
};
constexpr std::array<Alias, 10> kAliases = {{{"k", "moe.top_k"}, {"E", "moe.experts"}, {"e", "moe.experts"}, {"experts", "moe.experts"}, {"G", "moe.granularity"},
                                            {"g", "moe.granularity"}, {"tags", "tag"}, {"color", "colour"}, {"id", "ulid"}, {"run", "ulid"}}};
constexpr std::array<std::string_view, 6> kFreeText = {"name", "tag", "note", "preset", "group", "ulid"};

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

bool contains(std::string_view text, const std::string& loweredPart) { return lowered(text).find(loweredPart) != std::string::npos; }

std::optional<std::string> canonical(std::string_view key) {
    for (const Alias& alias : kAliases)
        if (alias.from == key) return std::string(alias.to);
    const std::string small = lowered(key);
    if (std::find(kFields.begin(), kFields.end(), small) != kFields.end()) return small;
    if (auto setting = config::canonicalKey(key)) return setting;
    if (auto setting = config::canonicalKey(small)) return setting;
    if (key.starts_with("router.options.") && key.size() > 15) return std::string(key);
    return std::nullopt;
}

// 1.5M, 200k; B and G are billions.
std::optional<double> numberOf(std::string_view text) {
    double factor = 1;
    if (!text.empty()) {
        static constexpr std::array<std::pair<char, double>, 5> kUnits = {{{'k', 1e3}, {'M', 1e6}, {'G', 1e9}, {'B', 1e9}, {'T', 1e12}}};
        for (const auto& [letter, value] : kUnits)
            if (text.back() == letter) factor = value;
    }
    const auto number = base::toDouble(factor == 1 ? text : text.substr(0, text.size() - 1));
    return number && !std::isnan(*number) ? std::optional(*number * factor) : std::nullopt;
}

std::optional<std::int64_t> dateOf(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = base::toInt(text.substr(0, 4)), month = base::toInt(text.substr(5, 2)), day = base::toInt(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)), std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::sys_days(date).time_since_epoch()).count();
}

// 7d before now, or a day.
std::optional<std::int64_t> momentOf(std::string_view text, std::int64_t nowUs) {
    if (const auto date = dateOf(text)) return date;
    static constexpr std::array<std::pair<char, double>, 5> kUnits = {{{'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'y', 31557600}}};
    for (const auto& [letter, seconds] : kUnits) {
        if (text.empty() || text.back() != letter) continue;
        const auto count = base::toDouble(text.substr(0, text.size() - 1));
        if (count && *count >= 0 && *count < 1e6) return nowUs - static_cast<std::int64_t>(*count * seconds * 1e6);
    }
    return std::nullopt;
}

enum class Operator { equal, unequal, less, atMost, greater, atLeast, has };

bool compare(double left, Operator op, double right) {
    switch (op) {
        case Operator::equal:
        case Operator::has: return left == right;
        case Operator::unequal: return left != right;
        case Operator::less: return left < right;
        case Operator::atMost: return left <= right;
        case Operator::greater: return left > right;
        case Operator::atLeast: return left >= right;
    }
    return false;
}

}  // namespace

struct Query::Node {
    enum class Kind { all, any, none, compare, pattern, word, moment } kind = Kind::all;
    std::vector<std::shared_ptr<const Node>> parts;   // all, any; none: one
    std::string key;                                  // compare, pattern; empty: the free-text fields
    Operator op = Operator::equal;
    std::string text;                                 // lower case
    std::optional<double> number;
    std::int64_t moment = 0;
    std::shared_ptr<const Pattern> pattern;
};

namespace {

using Node = Query::Node;
using NodePointer = std::shared_ptr<const Node>;

bool textHolds(std::string_view text, const Node& node) {
    if (node.pattern) return node.pattern->occursIn(text) == (node.op != Operator::unequal);
    const std::string small = lowered(text);
    switch (node.op) {
        case Operator::has: return small.find(node.text) != std::string::npos;
        case Operator::equal: return small == node.text;
        case Operator::unequal: return small != node.text;
        case Operator::less: return small < node.text;
        case Operator::atMost: return small <= node.text;
        case Operator::greater: return small > node.text;
        case Operator::atLeast: return small >= node.text;
    }
    return false;
}

// Tags: "=" and ":" mean one of them; "!=" none of them.
bool tagsHold(const std::vector<std::string>& tags, const Node& node) {
    Node wanted = node;
    if (node.op == Operator::has || node.op == Operator::unequal) wanted.op = Operator::equal;
    const bool found = std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) { return textHolds(tag, wanted); });
    return found == (node.op != Operator::unequal);
}

bool boolHolds(bool value, const Node& node) {
    const bool wanted = node.text == "true" || node.text == "1" || node.text == "yes" || node.text == "on";
    return (value == wanted) == (node.op != Operator::unequal);
}

bool valueHolds(const QueryValue& value, const Node& node) {
    if (const auto* tags = std::get_if<std::vector<std::string>>(&value)) return tagsHold(*tags, node);
    if (const auto* flag = std::get_if<bool>(&value)) return boolHolds(*flag, node);
    if (const auto* text = std::get_if<std::string>(&value)) return textHolds(*text, node);
    const double number = std::get<double>(value);
    if (node.pattern) return node.pattern->occursIn(base::toText(number));
    return node.number ? compare(number, node.op, *node.number) : node.op == Operator::unequal;
}

bool freeTextHolds(const QuerySubject& subject, const Node& node) {
    const auto holds = [&](const std::string& text) { return node.pattern ? node.pattern->occursIn(text) : contains(text, node.text); };
    for (const std::string_view field : kFreeText) {
        const auto value = subject.value(field);
        if (!value) continue;
        if (const auto* text = std::get_if<std::string>(&*value); text && holds(*text)) return true;
        if (const auto* tags = std::get_if<std::vector<std::string>>(&*value); tags && std::any_of(tags->begin(), tags->end(), holds)) return true;
    }
    return false;
}

bool holds(const QuerySubject& subject, const Node& node) {
    const auto part = [&](const NodePointer& p) { return holds(subject, *p); };
    switch (node.kind) {
        case Node::Kind::all: return std::all_of(node.parts.begin(), node.parts.end(), part);
        case Node::Kind::any: return std::any_of(node.parts.begin(), node.parts.end(), part);
        case Node::Kind::none: return !part(node.parts.front());
        case Node::Kind::word: return freeTextHolds(subject, node);
        case Node::Kind::compare:
        case Node::Kind::pattern: {
            const auto value = subject.value(node.key);
            return value ? valueHolds(*value, node) : node.op == Operator::unequal;
        }
        case Node::Kind::moment: {
            const auto created = subject.value("created");
            const double* at = created ? std::get_if<double>(&*created) : nullptr;
            return at && compare(*at, node.op, static_cast<double>(node.moment));
        }
    }
    return false;
}

class Parser {
public:
    Parser(std::string_view text, std::int64_t nowUs) : m_text(text), m_nowUs(nowUs) {}

    std::variant<NodePointer, QueryMistake> run() {
        if (m_text.size() > kMostBytes) return QueryMistake{kMostBytes, "the query is longer than 4096 bytes"};
        skipSpaces();
        auto root = m_at == m_text.size() ? std::make_shared<Node>() : alternatives(0);
        if (!m_mistake && m_at < m_text.size()) mistake(m_at, m_text[m_at] == ')' ? "there is a ) without its (" : "the query cannot go on like this");
        if (m_mistake) return *m_mistake;
        return NodePointer(root);
    }

private:
    using MutableNode = std::shared_ptr<Node>;

    void mistake(std::size_t at, const std::string& text) {
        if (!m_mistake) m_mistake = QueryMistake{at, text};
    }
    void skipSpaces() {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\t' || m_text[m_at] == '\n')) ++m_at;
    }
    void skipOne() { m_at = std::min(m_at + 1, m_text.size()); }
    bool atEnd() const { return m_at >= m_text.size() || m_mistake; }
    static bool endsWord(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '(' || c == ')' || c == '"'; }

    // The next word without taking it, up to a space, bracket, quote or operator.
    std::string_view peekWord() const {
        std::size_t end = m_at;
        while (end < m_text.size() && !endsWord(m_text[end]) && std::string_view("=!<>:~").find(m_text[end]) == std::string_view::npos) ++end;
        return m_text.substr(m_at, end - m_at);
    }
    bool takeKeyword(std::string_view keyword) {
        const std::string_view word = peekWord();
        const std::size_t end = m_at + word.size();
        const bool bounded = end >= m_text.size() || endsWord(m_text[end]);
        if (!bounded || lowered(word) != keyword) return false;
        m_at = end;
        skipSpaces();
        return true;
    }

    MutableNode alternatives(int depth) {
        MutableNode left = conjunction(depth);
        if (!takeKeyword("or")) return left;
        auto any = std::make_shared<Node>();
        any->kind = Node::Kind::any;
        any->parts.push_back(left);
        do {
            any->parts.push_back(conjunction(depth));
        } while (takeKeyword("or"));
        return any;
    }

    MutableNode conjunction(int depth) {
        auto all = std::make_shared<Node>();
        for (bool first = true;; first = false) {
            const bool joined = !first && takeKeyword("and");
            const std::size_t at = m_at;
            if (atEnd() || m_text[m_at] == ')' || lowered(peekWord()) == "or") {
                if (first || joined) mistake(at, "a condition is missing here");
                return all;
            }
            all->parts.push_back(unary(depth));
            if (m_mistake) return all;
        }
    }

    MutableNode unary(int depth) {
        if (depth > kMostDepth) {
            mistake(m_at, "the query is nested too deeply");
            return std::make_shared<Node>();
        }
        if (takeKeyword("not")) {
            auto none = std::make_shared<Node>();
            none->kind = Node::Kind::none;
            none->parts.push_back(atEnd() ? (mistake(m_at, "a condition is missing after \"not\""), std::make_shared<Node>()) : unary(depth + 1));
            return none;
        }
        if (m_text[m_at] == '(') return bracketed(depth);
        return term();
    }

    MutableNode bracketed(int depth) {
        const std::size_t open = m_at++;
        skipSpaces();
        MutableNode inner = alternatives(depth + 1);
        if (!m_mistake && (m_at >= m_text.size() || m_text[m_at] != ')')) mistake(open, "this ( has no )");
        skipOne();
        skipSpaces();
        return inner;
    }

    MutableNode term() {
        auto node = std::make_shared<Node>();
        const std::size_t start = m_at;
        if (m_text[m_at] == '/') {
            node->kind = Node::Kind::word;
            node->pattern = pattern();
        } else if (m_text[m_at] == '"') {
            node->kind = Node::Kind::word;
            node->text = lowered(quoted());
        } else {
            const std::string_view word = peekWord();
            m_at += word.size();
            if (const auto op = takeOperator()) comparison(*node, word, *op, start);
            else if (word.empty()) mistake(start, "a key is missing before the operator");
            else {
                node->kind = Node::Kind::word;
                node->text = lowered(word);
            }
        }
        skipSpaces();
        return node;
    }

    // Spaces around an operator are fine: "val_loss < 1.5".
    std::optional<Operator> takeOperator() {
        const std::size_t start = m_at;
        skipSpaces();
        static constexpr std::array<std::pair<std::string_view, Operator>, 9> kOperators = {{{"!=", Operator::unequal}, {"<=", Operator::atMost}, {">=", Operator::atLeast},
            {"==", Operator::equal}, {"=", Operator::equal}, {"<", Operator::less}, {">", Operator::greater}, {":", Operator::has}, {"~", Operator::has}}};
        for (const auto& [text, op] : kOperators) {
            if (!m_text.substr(m_at).starts_with(text)) continue;
            m_at += text.size();
            skipSpaces();
            return op;
        }
        m_at = start;
        return std::nullopt;
    }

    void comparison(Node& node, std::string_view key, Operator op, std::size_t start) {
        const std::size_t at = m_at;
        const std::string small = lowered(key);
        node.op = op;
        if (m_at < m_text.size() && m_text[m_at] == '/') node.pattern = pattern();
        const std::string value = node.pattern ? "" : takeValue();
        if (m_mistake) return;
        if (key.empty()) return mistake(start, "a key is missing before the operator");
        if (value.empty() && !node.pattern) return mistake(at, "a value is missing after \"" + std::string(key) + "\"");
        if (small == "since" || small == "before") return moment(node, small, value, at);
        if (small == "is") return flag(node, value, at);
        const auto known = canonical(key);
        if (!known) return mistake(start, "\"" + base::printable(key, 60) + "\" is no field of a run and no setting" + nearest(key));
        node.kind = Node::Kind::compare;
        node.key = *known;
        node.text = lowered(value);
        node.number = numberOf(value);
        if (node.key == "created" && !node.pattern) createdAt(node, value, at);
        requireOrdered(node, value, at);
    }

    void requireOrdered(const Node& node, const std::string& value, std::size_t at) {
        static constexpr std::array<std::string_view, 9> kTexts = {"name", "tag", "state", "preset", "router", "note", "group", "parent", "ulid"};
        const bool ordered = node.op == Operator::less || node.op == Operator::atMost || node.op == Operator::greater || node.op == Operator::atLeast;
        if (ordered && !node.number && std::find(kTexts.begin(), kTexts.end(), node.key) == kTexts.end() && node.key != "created")
            mistake(at, "\"" + base::printable(value, 40) + "\" is not a number");
    }

    void createdAt(Node& node, const std::string& value, std::size_t at) {
        const auto moment = momentOf(value, m_nowUs);
        if (!moment) return mistake(at, "write an age like 7d, 12h, 30m, 2w, or a day like 2026-01-31");
        node.kind = Node::Kind::moment;
        node.moment = *moment;
    }

    void moment(Node& node, const std::string& key, const std::string& value, std::size_t at) {
        createdAt(node, value, at);
        node.op = key == "since" ? Operator::atLeast : Operator::less;
    }

    void flag(Node& node, const std::string& value, std::size_t at) {
        static constexpr std::array<std::string_view, 4> kFlags = {"star", "archived", "conflict", "starred"};
        const std::string small = lowered(value);
        const bool isFlag = std::find(kFlags.begin(), kFlags.end(), small) != kFlags.end();
        static constexpr std::array<std::string_view, 9> kStates = {"created", "running", "paused", "stopped", "interrupted", "diverged", "failed", "finished", "quarantined"};
        if (!isFlag && std::find(kStates.begin(), kStates.end(), small) == kStates.end()) return mistake(at, "is: takes star, archived, conflict, or a state");
        node.kind = Node::Kind::compare;
        node.op = Operator::equal;
        node.key = isFlag ? (small == "starred" ? "star" : small) : "state";
        node.text = isFlag ? "true" : small;
    }

    std::string nearest(std::string_view key) const {
        const std::string suggestion = config::suggestKey(key);
        return suggestion.empty() ? "" : "; did you mean " + suggestion + "?";
    }

    std::string takeValue() {
        if (m_at < m_text.size() && m_text[m_at] == '"') return quoted();
        std::size_t end = m_at;
        while (end < m_text.size() && !endsWord(m_text[end])) ++end;
        const std::string_view value = m_text.substr(m_at, end - m_at);
        m_at = end;
        return std::string(value);
    }

    std::string quoted() {
        const std::size_t open = m_at++;
        std::string text;
        while (m_at < m_text.size() && m_text[m_at] != '"') {
            if (m_text[m_at] == '\\' && m_at + 1 < m_text.size()) ++m_at;
            text += m_text[m_at++];
        }
        if (m_at >= m_text.size()) mistake(open, "this quote has no end");
        skipOne();
        return text;
    }

    std::shared_ptr<const Pattern> pattern() {
        const std::size_t open = m_at++;
        std::string text;
        while (m_at < m_text.size() && m_text[m_at] != '/') {
            if (m_text[m_at] == '\\' && m_at + 1 < m_text.size()) {
                if (m_text[m_at + 1] != '/') text += '\\';
                ++m_at;
            }
            text += m_text[m_at++];
        }
        if (m_at >= m_text.size()) mistake(open, "this pattern has no end");
        skipOne();
        auto compiled = Pattern::compile(text);
        if (const auto* wrong = std::get_if<Pattern::Mistake>(&compiled)) {
            mistake(open + 1 + wrong->at, wrong->text);
            return std::make_shared<Pattern>();
        }
        return std::make_shared<Pattern>(std::get<Pattern>(std::move(compiled)));
    }

    std::string_view m_text;
    std::int64_t m_nowUs;
    std::size_t m_at = 0;
    std::optional<QueryMistake> m_mistake;
};

bool names(const Node& node, std::string_view key) {
    return node.key == key || std::any_of(node.parts.begin(), node.parts.end(), [&](const NodePointer& part) { return names(*part, key); });
}

}  // namespace

Query::Query() : m_root(std::make_shared<Node>()) {}

std::variant<Query, QueryMistake> Query::parse(std::string_view text, std::int64_t nowUs) {
    auto parsed = Parser(text, nowUs).run();
    if (auto* mistake = std::get_if<QueryMistake>(&parsed)) return std::move(*mistake);
    Query query;
    query.m_root = std::get<NodePointer>(std::move(parsed));
    return query;
}

bool Query::matches(const QuerySubject& subject) const { return holds(subject, *m_root); }
bool Query::matchesEverything() const { return m_root->kind == Node::Kind::all && m_root->parts.empty(); }
bool Query::mentions(std::string_view key) const { return names(*m_root, key); }

base::Problem toProblem(const QueryMistake& mistake, std::string_view text) {
    const std::size_t at = std::min(mistake.at, text.size());
    std::string near = base::printable(text.substr(at), 20);
    return {"where", mistake.text + " (at character " + std::to_string(at + 1) + (near.empty() ? ", the end)" : ": \"" + near + "\")")};
}

std::vector<std::string> queryKeys() {
    std::vector<std::string> keys(kFields.begin(), kFields.end());
    keys.insert(keys.end(), {"k", "E", "G", "since", "before", "is"});
    const config::RunConfig defaults;
    config::visitFields(defaults, [&](const config::Field& field, const auto&) { keys.emplace_back(field.key); });
    return keys;
}

std::optional<std::string> queryKey(std::string_view key) { return canonical(key); }

}  // namespace moescope::storage
