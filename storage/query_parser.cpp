// From the text of a query to its tree.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "storage/query_node.hpp"
#include "storage/records.hpp"

namespace moescope::storage {

namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr int kMostDepth = 64;

using Node = Query::Node;
using NodePointer = std::shared_ptr<const Node>;

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
        if (value.empty() && !node.pattern) return mistake(at, fmt::format("a value is missing after \"{}\"", key));
        if (small == "since" || small == "before") return moment(node, small, value, at);
        if (small == "is") return flag(node, value, at);
        const auto known = queryKey(key);
        if (!known) return mistake(start, fmt::format("\"{}\" is no field of a run and no setting{}", base::printable(key, 60), nearest(key)));
        node.kind = Node::Kind::compare;
        node.key = *known;
        node.text = lowered(value);
        node.number = queryNumber(value);
        if (node.key == "created" && !node.pattern) createdAt(node, value, at);
        requireOrdered(node, value, at);
    }

    void requireOrdered(const Node& node, const std::string& value, std::size_t at) {
        static constexpr std::array<std::string_view, 9> kTexts = {"name", "tag", "state", "preset", "router", "note", "group", "parent", "ulid"};
        const bool ordered = node.op == Operator::less || node.op == Operator::atMost || node.op == Operator::greater || node.op == Operator::atLeast;
        if (ordered && !node.number && std::find(kTexts.begin(), kTexts.end(), node.key) == kTexts.end() && node.key != "created")
            mistake(at, fmt::format("\"{}\" is not a number", base::printable(value, 40)));
    }

    void createdAt(Node& node, const std::string& value, std::size_t at) {
        const auto moment = queryMoment(value, m_nowUs);
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
        if (!isFlag && !parseRunState(small)) return mistake(at, "is: takes star, archived, conflict, or a state");
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

}  // namespace

std::variant<Query, QueryMistake> Query::parse(std::string_view text, std::int64_t nowUs) {
    auto parsed = Parser(text, nowUs).run();
    if (auto* mistake = std::get_if<QueryMistake>(&parsed)) return std::move(*mistake);
    Query query;
    query.m_root = std::get<NodePointer>(std::move(parsed));
    return query;
}

base::Problem toProblem(const QueryMistake& mistake, std::string_view text) {
    const std::size_t at = std::min(mistake.at, text.size());
    std::string near = base::printable(text.substr(at), 20);
    return {"where", mistake.text + " (at character " + std::to_string(at + 1) + (near.empty() ? ", the end)" : ": \"" + near + "\")")};
}

}  // namespace moescope::storage
