// Compiling patterns to states and following them.
#include "storage/pattern.hpp"

#include <algorithm>

namespace moescope::storage {

namespace {

constexpr std::size_t kMostBytes = 200;
constexpr int kMostDepth = 32;

unsigned char lower(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + 32) : byte;
}

void addRange(std::vector<bool>& bytes, unsigned char from, unsigned char to) {
    for (int byte = from; byte <= to; ++byte) bytes[lower(static_cast<char>(byte))] = true;
}

// \d \w \s, or the character itself.
void addEscape(std::vector<bool>& bytes, char c) {
    if (c == 'd') addRange(bytes, '0', '9');
    else if (c == 's') for (const char space : {' ', '\t', '\n', '\r'}) bytes[lower(space)] = true;
    else if (c == 'w') {
        addRange(bytes, '0', '9');
        addRange(bytes, 'a', 'z');
        bytes['_'] = true;
    } else bytes[lower(c)] = true;
}

}  // namespace

// Recursive descent; a fragment is (first state, dangling ends to be joined to what follows).
class PatternParser {
public:
    PatternParser(std::string_view text, Pattern& pattern) : m_text(text), m_states(pattern.m_states) {}

    std::optional<Pattern::Mistake> run(Pattern& pattern) {
        if (m_text.size() > kMostBytes) return Pattern::Mistake{kMostBytes, "the pattern has more than 200 bytes"};
        const Part whole = alternatives(0);
        if (!m_mistake && m_at < m_text.size()) mistake("there is a ) without its (");
        if (m_mistake) return m_mistake;
        join(whole, add({Pattern::Kind::match, -1, -1, {}}));
        pattern.m_start = whole.first;
        return std::nullopt;
    }

private:
    struct End {
        int state;
        bool other;
    };
    struct Part {
        int first = -1;
        std::vector<End> ends;
    };

    int add(Pattern::State state) {
        m_states.push_back(std::move(state));
        return static_cast<int>(m_states.size()) - 1;
    }
    void join(const Part& part, int to) {
        for (const End& end : part.ends) (end.other ? m_states[static_cast<std::size_t>(end.state)].other : m_states[static_cast<std::size_t>(end.state)].next) = to;
    }
    void mistake(const std::string& text) {
        if (!m_mistake) m_mistake = Pattern::Mistake{m_at, text};
    }
    bool more() const { return m_at < m_text.size() && !m_mistake; }

    Part single(Pattern::Kind kind, std::vector<bool> bytes = {}) {
        const int state = add({kind, -1, -1, std::move(bytes)});
        return {state, {{state, false}}};
    }

    Part alternatives(int depth) {
        Part left = sequence(depth);
        while (more() && m_text[m_at] == '|') {
            ++m_at;
            const Part right = sequence(depth);
            const int split = add({Pattern::Kind::split, left.first, right.first, {}});
            left.first = split;
            left.ends.insert(left.ends.end(), right.ends.begin(), right.ends.end());
        }
        return left;
    }

    Part sequence(int depth) {
        // A split with one way is the empty sequence.
        Part all = single(Pattern::Kind::split);
        while (more() && m_text[m_at] != '|' && m_text[m_at] != ')') {
            const Part next = repeated(depth);
            if (m_mistake) break;
            join(all, next.first);
            all.ends = next.ends;
        }
        return all;
    }

    Part repeated(int depth) {
        Part part = atom(depth);
        while (more() && (m_text[m_at] == '*' || m_text[m_at] == '+' || m_text[m_at] == '?')) {
            const char kind = m_text[m_at++];
            const int split = add({Pattern::Kind::split, part.first, -1, {}});
            if (kind != '?') join(part, split);
            std::vector<End> ends = {{split, true}};
            if (kind == '?') ends.insert(ends.end(), part.ends.begin(), part.ends.end());
            part = {kind == '+' ? part.first : split, std::move(ends)};
        }
        return part;
    }

    Part atom(int depth) {
        const char c = m_text[m_at];
        if (c == '(') return group(depth);
        if (c == '[') return single(Pattern::Kind::set, bracket());
        if (c == '*' || c == '+' || c == '?') {
            mistake(std::string("nothing stands before the ") + c);
            return {};
        }
        ++m_at;
        if (c == '^') return single(Pattern::Kind::begin);
        if (c == '$') return single(Pattern::Kind::end);
        std::vector<bool> bytes(256, c == '.');
        if (c == '\\') {
            if (!more()) mistake("the pattern ends in a backslash");
            else addEscape(bytes, m_text[m_at++]);
        } else if (c != '.') {
            bytes[lower(c)] = true;
        }
        return single(Pattern::Kind::set, std::move(bytes));
    }

    Part group(int depth) {
        if (depth >= kMostDepth) {
            mistake("the pattern is nested too deeply");
            return {};
        }
        ++m_at;
        Part inner = alternatives(depth + 1);
        if (!m_mistake && (m_at >= m_text.size() || m_text[m_at] != ')')) mistake("a ( has no )");
        ++m_at;
        return inner;
    }

    std::vector<bool> bracket() {
        std::vector<bool> bytes(256, false);
        const bool inverted = ++m_at < m_text.size() && m_text[m_at] == '^';
        if (inverted) ++m_at;
        for (bool first = true; m_at < m_text.size() && (first || m_text[m_at] != ']'); first = false) {
            const char from = m_text[m_at++];
            if (from == '\\' && m_at < m_text.size()) addEscape(bytes, m_text[m_at++]);
            else if (m_at + 1 < m_text.size() && m_text[m_at] == '-' && m_text[m_at + 1] != ']') {
                addRange(bytes, static_cast<unsigned char>(from), static_cast<unsigned char>(m_text[m_at + 1]));
                m_at += 2;
            } else bytes[lower(from)] = true;
        }
        if (m_at >= m_text.size()) mistake("a [ has no ]");
        ++m_at;
        if (inverted) bytes.flip();
        return bytes;
    }

    std::string_view m_text;
    std::vector<Pattern::State>& m_states;
    std::size_t m_at = 0;
    std::optional<Pattern::Mistake> m_mistake;
};

std::variant<Pattern, Pattern::Mistake> Pattern::compile(std::string_view text) {
    Pattern pattern;
    if (auto mistake = PatternParser(text, pattern).run(pattern)) return *mistake;
    return pattern;
}

void Pattern::follow(int first, bool atBegin, bool atEnd, std::vector<bool>& active) const {
    std::vector<int> waiting = {first};
    while (!waiting.empty()) {
        const int at = waiting.back();
        waiting.pop_back();
        if (at < 0 || active[static_cast<std::size_t>(at)]) continue;
        active[static_cast<std::size_t>(at)] = true;
        const State& state = m_states[static_cast<std::size_t>(at)];
        if (state.kind == Kind::split) waiting.insert(waiting.end(), {state.next, state.other});
        if ((state.kind == Kind::begin && atBegin) || (state.kind == Kind::end && atEnd)) waiting.push_back(state.next);
    }
}

bool Pattern::occursIn(std::string_view text) const {
    std::vector<bool> active(m_states.size(), false), next(m_states.size(), false);
    for (std::size_t at = 0;; ++at) {
        follow(m_start, at == 0, at == text.size(), active);
        for (std::size_t i = 0; i < m_states.size(); ++i)
            if (active[i] && m_states[i].kind == Kind::match) return true;
        if (at == text.size()) return false;
        std::fill(next.begin(), next.end(), false);
        for (std::size_t i = 0; i < m_states.size(); ++i)
            if (active[i] && m_states[i].kind == Kind::set && m_states[i].bytes[lower(text[at])]) follow(m_states[i].next, false, at + 1 == text.size(), next);
        active.swap(next);
    }
}

}  // namespace moescope::storage
