// The dialog and its completion.
#include "ui/ask_key.hpp"

#include <QCompleter>
#include <QInputDialog>
#include <QLineEdit>

#include "storage/query.hpp"

namespace moescope::ui {

void askForKey(QWidget* parent, KeyQuestion question) {
    auto* dialog = new QInputDialog(parent);
    dialog->setObjectName(QLatin1String(question.objectName));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(question.title);
    dialog->setLabelText(question.label);
    dialog->show();
    if (auto* line = dialog->findChild<QLineEdit*>()) {
        QStringList keys;
        for (const std::string& key : storage::queryKeys()) keys << QString::fromStdString(key);
        line->setCompleter(new QCompleter(keys, line));
        line->completer()->setFilterMode(Qt::MatchContains);
    }
    QObject::connect(dialog, &QInputDialog::textValueSelected, parent, [question = std::move(question)](const QString& text) {
        const auto key = storage::queryKey(text.trimmed().toStdString());
        key ? question.known(*key) : question.unknown(text.trimmed());
    });
}

}  // namespace moescope::ui
