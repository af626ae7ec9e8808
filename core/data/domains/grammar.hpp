// Grammar: a family from weighted rules (a probabilistic context-free grammar) that gives every text one derivation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/data/domains/family.hpp"

namespace moescope::data {

/// Part of a right-hand side: ASCII text of one kind, or (Piece::rule) the name of a rule.
struct Piece {
    std::string_view text;
    Kind kind = Kind::text;
    bool isRule = false;
    static constexpr Piece rule(std::string_view name) { return {name, Kind::text, true}; }
};

/// One alternative of rule `name`, chosen with weight / sum of the weights of that name; weight 0 = never.
struct Rule {
    std::string_view name;
    double weight = 1;
    std::vector<Piece> pieces;
};

/// A unit is a derivation of the first rule's name. The grammar must be unambiguous (the floor is the entropy of the
/// derivations), without left recursion, finite on average, and no unit may begin another.
class Grammar final : public Family {
public:
    explicit Grammar(const std::vector<Rule> &rules);
    std::u32string characters() const override { return m_characters; }
    void unit(Draws &draws, Document &document) const override;
    double floor() const override { return m_floor; }

private:
    struct Symbol {  // a character, or (character 0) a rule
        char32_t character = 0;
        Kind kind = Kind::text;
        std::size_t rule = 0;
    };
    struct Alternatives {
        std::vector<double> cumulative;
        std::vector<std::vector<Symbol>> sides;
    };
    using Stack = std::vector<const Symbol *>;  // what is still to come, the next one last

    std::size_t ruleNumber(std::string_view name);
    std::vector<Symbol> compiled(const std::vector<Piece> &pieces);
    double exactFloor() const;
    std::vector<Stack> expanded(std::vector<Stack> stacks) const;
    static void push(Stack &stack, const std::vector<Symbol> &side);

    std::vector<std::string_view> m_names;
    std::vector<Alternatives> m_rules;
    Symbol m_start;
    std::u32string m_characters;
    double m_floor = 0;
};

}  // namespace moescope::data
