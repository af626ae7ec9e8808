// Tables as text.
#include "plots/plot_export.hpp"

#include "plots/figures.hpp"

#include <bit>
#include <cstdint>

namespace moescope::plots {
namespace {

constexpr std::uint64_t missingBits = 0x7FF8000000004D53ULL;  // a quiet NaN that no arithmetic makes

QByteArray quoted(const QString& text) {
    if (!text.contains(',') && !text.contains('"') && !text.contains('\n') && !text.contains('\r')) return text.toUtf8();
    QString inner = text;
    return ('"' + inner.replace('"', QLatin1String("\"\"")) + '"').toUtf8();
}

}  // namespace

QString exportSuffix(ExportFormat format) {
    switch (format) {
        case ExportFormat::Svg: return QStringLiteral("svg");
        case ExportFormat::Pdf: return QStringLiteral("pdf");
        case ExportFormat::Csv: return QStringLiteral("csv");
        default: return QStringLiteral("png");
    }
}

double Table::missing() { return std::bit_cast<double>(missingBits); }

bool Table::isMissing(double v) { return std::bit_cast<std::uint64_t>(v) == missingBits; }

QByteArray toCsv(const Table& table) {
    QByteArray out;
    for (qsizetype i = 0; i < table.columns.size(); ++i) out += (i ? "," : "") + quoted(table.columns[i]);
    out += '\n';
    for (const auto& row : table.rows) {
        for (size_t i = 0; i < row.size(); ++i) {
            if (i) out += ',';
            if (!Table::isMissing(row[i])) out += plainNumber(row[i]);
        }
        out += '\n';
    }
    return out;
}

}  // namespace moescope::plots
