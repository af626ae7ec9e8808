// The list of good checkpoints, newest first, each with what was changed after it.
#include "ui/rewind_dialog.hpp"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/interventions.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kWidth = 460, kHeight = 360;

std::vector<storage::CheckpointRow> goodOnes(const RunData& run) {
    std::vector<storage::CheckpointRow> rows = run.checkpoints();
    std::erase_if(rows, [](const storage::CheckpointRow& row) { return row.state == "bad" || row.state == "deleting"; });
    std::ranges::sort(rows, std::greater(), &storage::CheckpointRow::step);
    return rows;
}

/// "Step 300, today, 14:02, before: Layer 0: expert E1 muted"
QString wordsOf(const storage::CheckpointRow& row, const std::vector<PastIntervention>& past) {
    QString words = RewindDialog::tr("Step %1").arg(plots::groupedInteger(row.step));
    if (row.createdUs > 0) words += QStringLiteral(", ") + RunWords::when(row.createdUs);
    const auto first = std::find_if(past.rbegin(), past.rend(), [&](const PastIntervention& each) { return each.checkpoint == row.step; });
    return first == past.rend() ? words : words + RewindDialog::tr(", before: %1").arg(first->words);
}

}  // namespace

RewindDialog::RewindDialog(const RunData& run, const QString& name, bool alive, QWidget* parent)
    : QDialog(parent), m_list(new QListWidget), m_halve(new QCheckBox(tr("Halve the learning rate from there"))) {
    setObjectName(QStringLiteral("rewindDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Rewind %1").arg(name));
    resize(kWidth, kHeight);
    auto* what = new QLabel(alive ? tr("The run goes back to a checkpoint; the steps after it stay drawn in grey and are trained again.")
                                  : tr("An engine takes the run at the checkpoint, paused; the steps after it stay drawn in grey."));
    what->setWordWrap(true);
    what->setProperty("role", "label");
    m_list->setObjectName(QStringLiteral("rewindCheckpoints"));
    m_list->setAccessibleName(tr("Checkpoints"));
    const auto past = pastInterventions(run);
    for (const storage::CheckpointRow& row : goodOnes(run)) {
        auto* item = new QListWidgetItem(wordsOf(row, past), m_list);
        item->setData(Qt::UserRole, static_cast<qint64>(row.step));
        item->setToolTip(item->text());
    }
    m_list->setCurrentRow(0);
    m_halve->setObjectName(QStringLiteral("rewindHalve"));
    auto* buttons = new QDialogButtonBox;
    QPushButton* rewind = buttons->addButton(tr("Rewind"), QDialogButtonBox::AcceptRole);
    rewind->setObjectName(QStringLiteral("rewindAccept"));
    rewind->setProperty("kind", "primary");
    rewind->setEnabled(m_list->count() > 0);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(10);
    for (QWidget* part : std::initializer_list<QWidget*>{what, m_list, m_halve, buttons}) column->addWidget(part);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        if (const QListWidgetItem* item = m_list->currentItem()) emit chosen(item->data(Qt::UserRole).toLongLong(), m_halve->isChecked() ? 0.5 : 1);
        accept();
    });
}

}  // namespace moescope::ui
