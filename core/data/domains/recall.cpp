// recall{pairs, queries, alphabet}: k=3;a=9;m=0;a?9. with distinct letters as keys, digits as values, and questions for
// one of them.
#include <cmath>

#include "core/data/domains/family.hpp"

namespace moescope::data {

namespace {

class Recall final : public Family {
public:
    Recall(std::u32string keys, std::size_t pairs, std::size_t queries)
        : m_keys(std::move(keys)), m_pairs(pairs), m_queries(queries) {}

    std::u32string characters() const override { return characterSet(m_keys + U"0123456789=;?.,"); }

    void unit(Draws &draws, Document &document) const override {
        std::u32string keys = m_keys;
        std::vector<char32_t> values;
        for (std::size_t i = 0; i < m_pairs; ++i) {
            std::swap(keys[i], keys[i + draws.below(keys.size() - i)]);
            values.push_back(U'0' + static_cast<char32_t>(draws.below(10)));
            document.put(keys[i], Kind::key, i + 1 == keys.size());
            document.put(U'=', Kind::separator, true);
            document.put(values[i], Kind::value, false);
            document.put(U';', Kind::separator, true);
        }
        for (std::size_t q = 0; q < m_queries; ++q)
            putQuery(document, keys, values, draws.below(m_pairs), q + 1 == m_queries);
        document.endUnit();
    }

    double floor() const override {
        double nats = static_cast<double>(m_pairs) * std::log(10.0) +
                      static_cast<double>(m_queries) * std::log(static_cast<double>(m_pairs));
        for (std::size_t i = 0; i < m_pairs; ++i)
            nats += std::log(static_cast<double>(m_keys.size() - i));
        return nats / static_cast<double>(4 * (m_pairs + m_queries));
    }

private:
    void putQuery(Document &document, const std::u32string &keys, const std::vector<char32_t> &values,
                  std::size_t asked, bool last) const {
        document.put(keys[asked], Kind::query, m_pairs == 1);
        document.put(U'?', Kind::separator, true);
        document.put(values[asked], Kind::answer, true);
        document.put(last ? U'.' : U',', last ? Kind::end : Kind::separator, true);
    }

    std::u32string m_keys;
    std::size_t m_pairs, m_queries;
};

}  // namespace

std::unique_ptr<Family> makeRecall(Options &options) {
    std::u32string keys = options.alphabet("alphabet", "latin", 1, U"0123456789=;?,.");
    const std::int64_t pairs = options.integer("pairs", 4, 1, static_cast<std::int64_t>(keys.size()));
    const std::int64_t queries = options.integer("queries", 2, 1, 1000);
    return std::make_unique<Recall>(std::move(keys), static_cast<std::size_t>(pairs),
                                    static_cast<std::size_t>(queries));
}

}  // namespace moescope::data
