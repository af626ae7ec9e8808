// arithmetic{digits, ops}: a+b=c; with operands uniform in [0, 10^digits) and an operator uniform in ops (+ - *).

#include <algorithm>
#include <cmath>

#include "core/base/numbers.hpp"
#include "core/data/domains/family.hpp"

namespace moescope::data {

namespace {

class Arithmetic final : public Family {
public:
    Arithmetic(std::int64_t digits, std::string ops) : m_digits(digits), m_ops(std::move(ops)) {
        for (std::int64_t i = 0; i < digits; ++i)
            m_count *= 10;
        const double n = static_cast<double>(m_ops.size());
        double answer = 0;
        for (const char op : m_ops)
            answer += meanAnswerLength(op) / n;
        const double nats = 2 * std::log(static_cast<double>(m_count)) + std::log(n);
        m_floor = nats / (2 * meanOperandLength() + answer + 3);
    }

    std::u32string characters() const override {
        std::u32string all = U"0123456789=;";
        for (const char op : m_ops)
            all.push_back(static_cast<char32_t>(op));
        if (m_ops.find('-') != std::string::npos) all.push_back(U'-');
        return characterSet(all);
    }

    void unit(Draws &draws, Document &document) const override {
        const auto a = static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(m_count)));
        const char op = m_ops[draws.below(m_ops.size())];
        const auto b = static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(m_count)));
        const bool firstEnds = putOperand(document, a);
        document.put(static_cast<char32_t>(op), Kind::operation, firstEnds && m_ops.size() == 1);
        document.put(U'=', Kind::separator, putOperand(document, b));
        document.put(base::toText(answer(a, op, b)), Kind::answerDigit, true);
        document.put(U';', Kind::end, true);
        document.endUnit();
    }

    double floor() const override { return m_floor; }

private:
    static std::int64_t answer(std::int64_t a, char op, std::int64_t b) {
        if (op == '+') return a + b;
        return op == '-' ? a - b : a * b;
    }

    /// True when no further digit could follow: the number is 0 or has all its digits.
    bool putOperand(Document &document, std::int64_t value) const {
        const std::string text = base::toText(value);
        document.put(text, Kind::digit, false);
        return text == "0" || static_cast<std::int64_t>(text.size()) == m_digits;
    }

    double meanOperandLength() const {
        double length = 1;
        for (std::int64_t limit = 10; limit < m_count; limit *= 10)
            length += static_cast<double>(m_count - limit) / static_cast<double>(m_count);
        return length;
    }

    /// Operands b with |a op b| >= limit.
    std::int64_t atLeast(std::int64_t a, char op, std::int64_t limit) const {
        const auto clamp = [&](std::int64_t value) { return std::min(std::max<std::int64_t>(value, 0), m_count); };
        if (op == '+') return m_count - clamp(limit - a);
        if (op == '-') return clamp(a - limit + 1) + m_count - clamp(a + limit);
        return a == 0 ? 0 : m_count - clamp((limit + a - 1) / a);
    }

    /// One digit, one more for each power of ten reached, one for a minus sign: counted over all operands.
    double meanAnswerLength(char op) const {
        const double all = static_cast<double>(m_count) * static_cast<double>(m_count);
        double length = op == '-' ? 1 + static_cast<double>(m_count - 1) / (2.0 * static_cast<double>(m_count)) : 1;
        for (std::int64_t limit = 10; limit < m_count * m_count; limit *= 10)
            for (std::int64_t a = 0; a < m_count; ++a)
                length += static_cast<double>(atLeast(a, op, limit)) / all;
        return length;
    }

    std::int64_t m_digits;
    std::string m_ops;
    std::int64_t m_count = 1;
    double m_floor = 0;
};

std::string operators(Options &options) {
    const std::string ops = options.text("ops", "+-");
    const bool known = ops.find_first_not_of("+-*") == std::string::npos;
    bool twice = false;
    for (std::size_t i = 0; i < ops.size(); ++i)
        twice = twice || ops.find(ops[i], i + 1) != std::string::npos;
    if (!ops.empty() && known && !twice) return ops;
    options.problem("ops", "ops lists the operators, each once, out of + - and *, for example \"+-\".");
    return "+";
}

}  // namespace

std::unique_ptr<Family> makeArithmetic(Options &options) {
    const std::int64_t digits = options.integer("digits", 2, 1, 5);
    return std::make_unique<Arithmetic>(digits, operators(options));
}

}  // namespace moescope::data
