// The tables beside the plot and their texts.
#include "ui/compare_side.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QRegularExpression>
#include <QTableWidget>
#include <QVBoxLayout>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

#include "core/config/config_json.hpp"
#include "plots/figures.hpp"
#include "plots/icons.hpp"
#include "plots/theme.hpp"
#include "ui/compare_verdict.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kRowHeight = 26, kColumnWidth = 80, kHeadEdge = 32, kMostRows = 14, kLongestCell = 60;

QString text(const std::string& value) { return QString::fromStdString(value); }

bool readable(const CompareEntry& entry) { return entry.run && entry.run->problem.empty(); }

std::vector<CompareEntry> readableOf(const std::vector<CompareEntry>& entries) {
    std::vector<CompareEntry> found;
    std::ranges::copy_if(entries, std::back_inserter(found), readable);
    return found;
}

/// "\"softmax_all\"" as "softmax all"; long lists as their number of entries.
QString cellText(const std::string& json) {
    QString value = text(json);
    if (value.size() >= 2 && value.startsWith(QLatin1Char('"'))) return value.mid(1, value.size() - 2);
    if (value == QLatin1String("true")) return CompareSide::tr("on");
    if (value == QLatin1String("false")) return CompareSide::tr("off");
    if (value == QLatin1String("[]") || value == QLatin1String("null")) return QStringLiteral("\u2013");
    return value;
}

/// What a narrow cell shows of a value: a list of objects by their names or its length, whole numbers without ".0".
QString shortText(const QString& value) {
    const auto list = nlohmann::json::parse(value.toStdString(), nullptr, false);
    if (list.is_array() && !list.empty() && list[0].is_object()) {
        QStringList names;
        for (const auto& entry : list)
            if (entry.is_object() && entry.contains("name") && entry["name"].is_string()) names << text(entry["name"].get<std::string>());
        return names.isEmpty() ? CompareSide::tr("list of %1").arg(list.size()) : names.join(QStringLiteral(", "));
    }
    QString shown = value;
    if (list.is_array()) shown.replace(QRegularExpression(QStringLiteral("(\\d)\\.0\\b")), QStringLiteral("\\1")).replace(QLatin1Char(','), QStringLiteral(", "));
    return shown.size() > kLongestCell ? shown.left(kLongestCell) + QChar(0x2026) : shown;
}

QString markdownCell(QString cell) { return cell.replace(QLatin1Char('\\'), QLatin1String("\\\\")).replace(QLatin1Char('|'), QLatin1String("\\|")).replace(QLatin1Char('\n'), QLatin1Char(' ')); }

QString csvCell(QString cell) {
    const bool formula = !cell.isEmpty() && (QStringLiteral("=+@\t").contains(cell[0]) || (cell[0] == QLatin1Char('-') && !QRegularExpression(QStringLiteral("^-[0-9.]")).match(cell).hasMatch()));
    if (formula) cell.prepend(QLatin1Char('\''));
    if (!cell.contains(QRegularExpression(QStringLiteral("[\",\r\n]")))) return cell;
    return QLatin1Char('"') + cell.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
}

QString joined(const TextTable& table, const QString& between, QString (*cell)(QString), const QString& edge) {
    QStringList lines;
    const auto line = [&](const QString& first, const QStringList& rest) {
        QStringList cells{cell(first)};
        for (const QString& each : rest) cells << cell(each);
        lines << edge + cells.join(between) + (edge.isEmpty() ? QString() : QStringLiteral(" |"));
    };
    line(table.corner, table.columns);
    if (!edge.isEmpty()) lines << QStringLiteral("|") + QStringLiteral(" --- |").repeated(table.columns.size() + 1);
    for (qsizetype row = 0; row < table.rows.size(); ++row) line(table.rows[row], table.cells[static_cast<std::size_t>(row)]);
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

QPixmap dash(const plots::Ink& ink, double ratio) {
    QPixmap pixmap(QSize(12, 12) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.fillRect(QRectF(0, 4.5, 10, 3), plots::colorOf(plots::theme(), ink));
    return pixmap;
}

}  // namespace

QString toMarkdown(const TextTable& table) { return joined(table, QStringLiteral(" | "), markdownCell, QStringLiteral("| ")); }
QString toCsvText(const TextTable& table) { return joined(table, QStringLiteral(","), csvCell, {}); }

TextTable settingsThatDiffer(const std::vector<CompareEntry>& entries, bool all) {
    const std::vector<CompareEntry> known = readableOf(entries);
    TextTable table;
    table.corner = CompareSide::tr("setting");
    std::vector<config::RunConfig> configs;
    for (const CompareEntry& entry : known) {
        table.columns << entry.name;
        configs.push_back(entry.run->config);
    }
    if (configs.size() < 2) return table;
    const auto add = [&table](const std::string& key, const std::vector<std::string>& values) {
        table.rows << text(key);
        QStringList cells;
        for (const std::string& value : values) cells << cellText(value);
        table.cells.push_back(cells);
    };
    const auto differences = config::differences(configs);
    for (const config::SettingDifference& difference : differences) add(difference.key, difference.values);
    if (!all) return table;
    for (const config::SettingInfo& setting : config::listSettings()) {
        if (std::ranges::find(differences, setting.key, &config::SettingDifference::key) != differences.end()) continue;
        std::vector<std::string> values;
        for (const config::RunConfig& each : configs) values.push_back(config::settingJson(each, setting.key).value_or("null"));
        add(setting.key, values);
    }
    return table;
}

TextTable domainLosses(const std::vector<CompareEntry>& entries) {
    const std::vector<CompareEntry> known = readableOf(entries);
    TextTable table;
    table.corner = CompareSide::tr("domain");
    std::vector<std::string> domains;
    for (const CompareEntry& entry : known) {
        table.columns << entry.name;
        for (const std::string& domain : entry.run->meta.facts.domains)
            if (std::ranges::find(domains, domain) == domains.end()) domains.push_back(domain);
    }
    for (const std::string& domain : domains) {
        QStringList cells;
        bool any = false;
        for (const CompareEntry& entry : known) {
            const auto& names = entry.run->meta.facts.domains;
            const auto at = static_cast<std::size_t>(std::ranges::find(names, domain) - names.begin());
            const double loss = at < entry.run->summary.domainLoss.size() ? entry.run->summary.domainLoss[at] : telemetry::kNone;
            any |= std::isfinite(loss);
            cells << (std::isfinite(loss) ? plots::figure(loss, plots::Figure::Fixed3) : QStringLiteral("\u2013"));
        }
        if (!any) continue;
        table.rows << RunWords::oneLine(domain);
        table.cells.push_back(cells);
    }
    return table;
}

CompareSide::CompareSide(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("compareSide"));
    setAttribute(Qt::WA_StyledBackground);
    setProperty("role", "window");
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(16, 12, 12, 12);
    lines->setSpacing(16);
    lines->addWidget(m_verdict = new CompareVerdict);
    m_settings = addSection("settingsThatDiffer", tr("Settings that differ"));
    m_only = new QPushButton;
    m_only->setObjectName(QStringLiteral("settingsOnlyDifferences"));
    m_only->setProperty("kind", "link");
    m_only->setToolTip(tr("D"));
    connect(m_only, &QPushButton::clicked, this, [this] { showAllSettings(!m_all); });
    static_cast<QVBoxLayout*>(m_settings.box->layout())->addWidget(m_only, 0, Qt::AlignLeft);
    m_domains = addSection("domainLosses", tr("Loss by domain"));
    lines->addStretch();
}

CompareSide::Section CompareSide::addSection(const char* name, const QString& title) {
    Section section;
    section.box = new QWidget(this);
    section.box->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    auto* heading = new QLabel(title);
    heading->setProperty("role", "title");
    heading->setFont(plots::uiFont(13, QFont::DemiBold));
    section.count = new QLabel;
    section.count->setProperty("role", "unit");
    section.count->setFont(plots::uiFont(12));
    section.table = new QTableWidget;
    section.table->setObjectName(QLatin1String(name));
    section.table->setAccessibleName(title);
    section.table->setFrameShape(QFrame::NoFrame);
    section.table->setShowGrid(false);
    section.table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    section.table->setSelectionMode(QAbstractItemView::NoSelection);
    section.table->setTabKeyNavigation(false);
    section.table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    section.table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    section.table->verticalHeader()->setStyleSheet(QStringLiteral("QHeaderView::section { border: none; padding: 0; }"));
    section.table->verticalHeader()->setMinimumWidth(96);
    section.table->verticalHeader()->setMaximumWidth(168);
    section.table->verticalHeader()->setFont(plots::uiFont(12));
    section.table->horizontalHeader()->setFont(plots::uiFont(12));
    section.table->horizontalHeader()->setDefaultSectionSize(kColumnWidth);
    section.table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    section.table->setFont(plots::uiFont(12));
    auto* top = new QHBoxLayout;
    top->addWidget(heading);
    top->addWidget(section.count);
    top->addStretch();
    for (const bool markdown : {true, false}) {
        auto* copy = new QPushButton(markdown ? tr("Markdown") : tr("CSV"));
        copy->setObjectName(QLatin1String(name) + (markdown ? QStringLiteral("Markdown") : QStringLiteral("Csv")));
        copy->setProperty("kind", "link");
        copy->setToolTip(tr("Copy the table"));
        Section& kept = std::string_view(name) == "settingsThatDiffer" ? m_settings : m_domains;
        connect(copy, &QPushButton::clicked, this, [&kept, markdown] { QGuiApplication::clipboard()->setText(markdown ? toMarkdown(kept.values) : toCsvText(kept.values)); });
        top->addWidget(copy);
    }
    auto* lines = new QVBoxLayout(section.box);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(6);
    lines->addLayout(top);
    lines->addWidget(section.table);
    static_cast<QVBoxLayout*>(layout())->addWidget(section.box);
    return section;
}

void CompareSide::show(Section& section, const TextTable& values, const std::vector<CompareEntry>& entries) {
    section.box->setVisible(!values.rows.isEmpty());
    std::vector<plots::Ink> inks;
    for (const CompareEntry& entry : readableOf(entries)) inks.push_back(entry.ink);
    if (values == section.values && inks == section.inks) return;
    section.values = values;
    section.inks = std::move(inks);
    QTableWidget& table = *section.table;
    table.setColumnCount(static_cast<int>(values.columns.size()));
    table.setRowCount(static_cast<int>(values.rows.size()));
    std::vector<CompareEntry> known = readableOf(entries);
    for (int column = 0; column < table.columnCount(); ++column) {
        const CompareEntry& entry = known[static_cast<std::size_t>(column)];
        const QString fitted = QFontMetrics(plots::uiFont(12)).elidedText(entry.name, Qt::ElideRight, kColumnWidth - kHeadEdge);
        auto* head = new QTableWidgetItem(QIcon(dash(entry.ink, devicePixelRatioF())), fitted);
        head->setToolTip(entry.name);
        table.setHorizontalHeaderItem(column, head);
    }
    for (int row = 0; row < table.rowCount(); ++row) {
        auto* key = new QTableWidgetItem(values.rows[row]);
        key->setToolTip(values.rows[row]);
        table.setVerticalHeaderItem(row, key);
        for (int column = 0; column < table.columnCount(); ++column) {
            const QString value = values.cells[static_cast<std::size_t>(row)][column];
            auto* cell = new QTableWidgetItem(shortText(value));
            cell->setToolTip(value);
            table.setItem(row, column, cell);
        }
    }
    const int rows = std::min(table.rowCount(), kMostRows);
    table.setFixedHeight(table.horizontalHeader()->sizeHint().height() + rows * kRowHeight + 14);
}

/// The settings of a run never change, and to compare those of many takes its time: only other runs or names call for it.
void CompareSide::setEntries(const std::vector<CompareEntry>& entries) {
    QStringList shown{m_all ? QStringLiteral("all") : QString()};
    for (const CompareEntry& entry : entries) shown << QString::fromStdString(entry.ulid) + QLatin1Char(readable(entry) ? '+' : '-') + QString::number(entry.ink.index) + entry.name;
    m_entries = entries;
    if (shown != m_shown) {
        m_shown = shown;
        const TextTable settings = settingsThatDiffer(entries, m_all);
        show(m_settings, settings, entries);
        static const auto total = static_cast<int>(config::listSettings().size());
        m_settings.count->setText(tr("%1 of %2").arg(m_all ? settingsThatDiffer(entries).rows.size() : settings.rows.size()).arg(total));
        m_only->setText(m_all ? tr("Only what differs") : tr("All settings"));
    }
    show(m_domains, domainLosses(entries), entries);
}

void CompareSide::showAllSettings(bool on) {
    m_all = on;
    setEntries(std::vector<CompareEntry>(m_entries));
}

}  // namespace moescope::ui
