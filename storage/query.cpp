// Whether a run is what a query asks for.
#include "storage/query.hpp"

#include <algorithm>
#include <array>

#include "core/base/numbers.hpp"
#include "storage/query_node.hpp"

namespace moescope::storage {

namespace {

using Node = Query::Node;
using NodePointer = std::shared_ptr<const Node>;

constexpr std::array<std::string_view, 6> kFreeText = {"name", "tag", "note", "preset", "group", "ulid"};


bool contains(std::string_view text, const std::string& loweredPart) { return lowered(text).find(loweredPart) != std::string::npos; }

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

bool names(const Node& node, std::string_view key) {
    return node.key == key || std::any_of(node.parts.begin(), node.parts.end(), [&](const NodePointer& part) { return names(*part, key); });
}

}  // namespace

Query::Query() : m_root(std::make_shared<Node>()) {}

bool Query::matches(const QuerySubject& subject) const { return holds(subject, *m_root); }
bool Query::matchesEverything() const { return m_root->kind == Node::Kind::all && m_root->parts.empty(); }
bool Query::mentions(std::string_view key) const { return names(*m_root, key); }

}  // namespace moescope::storage
