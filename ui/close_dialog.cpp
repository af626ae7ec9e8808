// The question itself.
#include "ui/close_dialog.hpp"

#include <QCoreApplication>
#include <QDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

QString text(const char* source) { return QCoreApplication::translate("CloseDialog", source); }

}  // namespace

CloseChoice askBeforeClosing(QWidget* window, const QStringList& training) {
    QDialog dialog(window);
    dialog.setObjectName(QStringLiteral("closeDialog"));
    dialog.setWindowTitle(text("Close MoEScope"));
    auto* column = new QVBoxLayout(&dialog);
    column->setContentsMargins(24, 20, 24, 20);
    column->setSpacing(8);
    auto* sentence = new QLabel(training.size() == 1 ? text("%1 is training.").arg(training.first()) : text("%1 runs are training: %2.").arg(training.size()).arg(training.join(QStringLiteral(", "))), &dialog);
    sentence->setFont(plots::uiFont(15, QFont::DemiBold));
    sentence->setTextFormat(Qt::PlainText);
    sentence->setWordWrap(true);
    auto* line = new QLabel(text("Training goes on without the window, and any window can join it again."), &dialog);
    line->setProperty("role", "label");
    line->setWordWrap(true);
    column->addWidget(sentence);
    column->addWidget(line);
    column->addSpacing(12);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    CloseChoice choice = CloseChoice::cancel;
    const auto add = [&](const char* name, const QString& label, const char* kind, CloseChoice meaning) {
        auto* button = new QPushButton(label, &dialog);
        button->setObjectName(QString::fromLatin1(name));
        if (*kind) button->setProperty("kind", kind);
        QObject::connect(button, &QPushButton::clicked, &dialog, [&choice, &dialog, meaning] {
            choice = meaning;
            dialog.accept();
        });
        buttons->addWidget(button);
        return button;
    };
    add("closeCancel", text("Cancel"), "ghost", CloseChoice::cancel);
    add("closeStop", text("Checkpoint and stop"), "", CloseChoice::checkpointAndStop);
    add("closeKeep", text("Keep training"), "primary", CloseChoice::keepTraining)->setDefault(true);
    column->addLayout(buttons);
    dialog.exec();
    return choice;
}

}  // namespace moescope::ui
