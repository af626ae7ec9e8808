// What the engine says of a corpus and of its first batch, read from its JSON. Pure.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <optional>
#include <vector>

namespace moescope::ui {

struct CorpusDomain {
    QString name;
    double weight = 0;                       ///< share of what is drawn
    std::int64_t documents = 0, bytes = 0, tokens = 0;
    std::optional<double> floor;             ///< entropy of the source, nats/token
};

struct CorpusReport {
    QString source;                          ///< "domains", "random", a path
    std::int64_t documents = 0, bytes = 0, tokens = 0, validationTokens = 0, vocabulary = 0;
    std::vector<CorpusDomain> domains;
    QStringList warnings;
};
std::optional<CorpusReport> parseCorpus(const QByteArray& json);

struct BatchToken {
    QString text, domain, kind;
    std::int64_t id = 0;
    bool trained = true;                     ///< the loss counts it; false for the first of a sequence, which is only read
    std::optional<bool> predictable;         ///< the document's past determines it, where the generator knows
};
using BatchRow = std::vector<BatchToken>;
std::optional<std::vector<BatchRow>> parseBatch(const QByteArray& json);

}  // namespace moescope::ui
