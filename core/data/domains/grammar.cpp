// Derivations from the left, and beside them all derivations that fit the text so far: they tell whether a character
// was the only one possible.
#include "core/data/domains/grammar.hpp"

#include <algorithm>
#include <cmath>

#include "core/data/domains/entropy.hpp"

namespace moescope::data {

Grammar::Grammar(const std::vector<Rule> &rules) {
    for (const Rule &rule : rules)
        ruleNumber(rule.name);
    std::vector<std::vector<double>> weights(m_names.size());
    m_rules.resize(m_names.size());
    for (const Rule &rule : rules) {
        if (rule.weight <= 0) continue;
        const std::size_t number = ruleNumber(rule.name);
        m_rules[number].sides.push_back(compiled(rule.pieces));
        weights[number].push_back(rule.weight);
    }
    for (std::size_t i = 0; i < m_rules.size(); ++i)
        m_rules[i].cumulative = cumulative(weights[i]);
    m_characters = characterSet(m_characters);
    m_floor = exactFloor();
}

std::size_t Grammar::ruleNumber(std::string_view name) {
    const auto found = std::find(m_names.begin(), m_names.end(), name);
    if (found == m_names.end()) m_names.push_back(name);
    return static_cast<std::size_t>(std::find(m_names.begin(), m_names.end(), name) - m_names.begin());
}

std::vector<Grammar::Symbol> Grammar::compiled(const std::vector<Piece> &pieces) {
    std::vector<Symbol> side;
    for (const Piece &piece : pieces) {
        if (piece.isRule) {
            side.push_back({0, piece.kind, ruleNumber(piece.text)});
            continue;
        }
        for (const char character : piece.text) {
            side.push_back({static_cast<char32_t>(character), piece.kind, 0});
            m_characters.push_back(side.back().character);
        }
    }
    return side;
}

/// Per rule: nats of the choice and characters of its own, times the expected number of uses in a unit.
double Grammar::exactFloor() const {
    const std::size_t n = m_rules.size();
    std::vector<double> moves(n * n), start(n), nats(n), length(n);
    start[0] = 1;
    for (std::size_t from = 0; from < n; ++from) {
        const Alternatives &rule = m_rules[from];
        for (std::size_t a = 0; a < rule.sides.size(); ++a) {
            const double p = rule.cumulative[a] - (a > 0 ? rule.cumulative[a - 1] : 0);
            nats[from] -= p * std::log(p);
            for (const Symbol &symbol : rule.sides[a])
                (symbol.character != 0 ? length[from] : moves[from * n + symbol.rule]) += p;
        }
    }
    const std::vector<double> uses = expectedVisits(moves, start);
    double totalNats = 0, totalLength = 0;
    for (std::size_t i = 0; i < n; ++i) {
        totalNats += uses[i] * nats[i];
        totalLength += uses[i] * length[i];
    }
    return totalNats / totalLength;
}

void Grammar::push(Stack &stack, const std::vector<Symbol> &side) {
    for (auto symbol = side.rbegin(); symbol != side.rend(); ++symbol)
        stack.push_back(&*symbol);
}

/// The same derivations with a character on top of each.
std::vector<Grammar::Stack> Grammar::expanded(std::vector<Stack> stacks) const {
    std::vector<Stack> done;
    while (!stacks.empty()) {
        Stack stack = std::move(stacks.back());
        stacks.pop_back();
        if (stack.empty()) continue;
        if (stack.back()->character != 0) {
            done.push_back(std::move(stack));
            continue;
        }
        const Alternatives &rule = m_rules[stack.back()->rule];
        stack.pop_back();
        for (const std::vector<Symbol> &side : rule.sides) {
            stacks.push_back(stack);
            push(stacks.back(), side);
        }
    }
    return done;
}

void Grammar::unit(Draws &draws, Document &document) const {
    Stack rest = {&m_start};
    std::vector<Stack> possible = {rest};
    while (!rest.empty()) {
        const Symbol &symbol = *rest.back();
        rest.pop_back();
        if (symbol.character == 0) {
            const Alternatives &rule = m_rules[symbol.rule];
            push(rest, rule.sides[draws.pick(rule.cumulative)]);
            continue;
        }
        possible = expanded(std::move(possible));
        const auto agrees = [&](const Stack &stack) { return stack.back()->character == symbol.character; };
        document.put(symbol.character, symbol.kind, std::all_of(possible.begin(), possible.end(), agrees));
        std::erase_if(possible, [&](const Stack &stack) { return !agrees(stack); });
        for (Stack &stack : possible)
            stack.pop_back();
    }
    document.endUnit();
}

}  // namespace moescope::data
