// The columns of the table of runs: which there are, how wide, and what is remembered of them.
#include <QHeaderView>
#include <QMenu>
#include <QSettings>

#include <algorithm>

#include "ui/ask_key.hpp"
#include "ui/runs_table_parts.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

constexpr int kUsualWidth = 84;
constexpr const char *kColumnsKey = "runs/columns", *kWidthsKey = "runs/widths";

const std::vector<std::string>& usualColumns() {
    static const std::vector<std::string> all{"name", "state", "moe.top_k", "moe.experts", "moe.granularity", "router", "val_loss", "best_val", "params_total", "flops", kLoadColumn, "tag", "created"};
    return all;
}

int usualWidth(const std::string& key) {
    if (key == "name") return 220;
    if (key == "flops") return 104;
    if (key == "tag" || key == "created" || key == "preset") return 112;
    return keyTitle(key).size() < 3 ? 48 : kUsualWidth;
}

}  // namespace

void RunsTable::Parts::useUsualColumns() { setColumns(usualColumns()); }

void RunsTable::Parts::setColumns(const std::vector<std::string>& chosen) {
    const QSignalBlocker quiet(view->horizontalHeader());
    model->setColumns(chosen);
    const QStringList widths = settings ? settings->value(QLatin1String(kWidthsKey)).toStringList() : QStringList();
    for (int column = 0; column < model->columnCount(); ++column) {
        const std::string& key = chosen[static_cast<std::size_t>(column)];
        int width = usualWidth(key);
        for (const QString& each : widths)
            if (each.startsWith(QString::fromStdString(key) + QLatin1Char(' '))) width = std::clamp(each.section(QLatin1Char(' '), 1).toInt(), 40, 800);
        view->setColumnWidth(column, width);
    }
}

void RunsTable::Parts::remember() {
    if (!settings) return;
    QStringList keys, widths;
    const QHeaderView* head = view->horizontalHeader();
    for (int place = 0; place < model->columnCount(); ++place) {
        const int column = head->logicalIndex(place);
        const QString key = QString::fromStdString(model->columns()[static_cast<std::size_t>(column)]);
        keys << key;
        widths << key + QLatin1Char(' ') + QString::number(view->columnWidth(column));
    }
    settings->setValue(QLatin1String(kColumnsKey), keys);
    settings->setValue(QLatin1String(kWidthsKey), widths);
}

void RunsTable::Parts::fillColumns(QMenu& popup) {
    std::vector<std::string> offered = usualColumns();
    std::vector<const storage::RunRow*> shown;
    for (int row = 0; row < model->rowCount(); ++row) shown.push_back(model->run(row));
    for (const std::vector<std::string>& more : {std::vector<std::string>{"loss", "bits_per_byte", "step", "tokens", "seconds", "params_active", "preset", "group", "note", "seed"}, keysThatDiffer(model->keys(), shown), model->columns()})
        for (const std::string& key : more)
            if (std::ranges::find(offered, key) == offered.end()) offered.push_back(key);
    for (const std::string& key : offered) {
        QAction* action = popup.addAction(key == kLoadColumn ? tr("load over time") : QString::fromStdString(key));
        action->setCheckable(true);
        action->setChecked(std::ranges::find(model->columns(), key) != model->columns().end());
        action->setEnabled(key != "name");
        QObject::connect(action, &QAction::toggled, &table, [this, key](bool on) { on ? table.addColumn(key) : table.removeColumn(key); });
    }
    popup.addSeparator();
    QObject::connect(popup.addAction(tr("Another setting\u2026")), &QAction::triggered, &table, [this] { askForColumn(); });
    QObject::connect(popup.addAction(tr("The usual columns")), &QAction::triggered, &table, [this] {
        if (settings) settings->remove(QLatin1String(kWidthsKey));
        setColumns(usualColumns());
        remember();
    });
}

void RunsTable::Parts::askForColumn() {
    const auto unknown = [this](const QString& typed) { toast->tell(tr("\u201c%1\u201d is no field of a run and no setting.").arg(typed)); };
    askForKey(&table, {"columnDialog", tr("Another column"), tr("A field of a run or a setting: bits_per_byte, training.lr"), [this](const std::string& key) { table.addColumn(key); }, unknown});
}

void RunsTable::setSettings(QSettings* settings) {
    m_parts->settings = settings;
    if (!settings) return;
    std::vector<std::string> columns;
    for (const QString& key : settings->value(QLatin1String(kColumnsKey)).toStringList())
        if (key == QLatin1String(kLoadColumn) || storage::queryKey(key.toStdString()) == key.toStdString()) columns.push_back(key.toStdString());
    if (std::ranges::find(columns, "name") != columns.end()) m_parts->setColumns(columns);
}

void RunsTable::addColumn(const std::string& key) {
    std::vector<std::string> columns = m_parts->model->columns();
    if (std::ranges::find(columns, key) != columns.end()) return;
    columns.push_back(key);
    m_parts->setColumns(columns);
    m_parts->remember();
}

void RunsTable::removeColumn(const std::string& key) {
    std::vector<std::string> columns = m_parts->model->columns();
    std::erase(columns, key);
    m_parts->setColumns(columns);
    m_parts->remember();
}

}  // namespace moescope::ui
