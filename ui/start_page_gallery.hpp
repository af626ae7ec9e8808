// PresetGallery: run presets that teach something, good ones and bad ones, each with what it does and what to look for.
#pragma once

#include <QListView>
#include <QString>

namespace moescope::ui {

/// How a preset ends, in one word for the row.
enum class PresetFate { works, goesWrong, reference };
PresetFate presetFate(const QString& id);

/// GUI thread. A preset that cannot be read is left out; the new-run page says why.
class PresetGallery : public QListView {
    Q_OBJECT
public:
    explicit PresetGallery(QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {260, sizeHint().height()}; }

signals:
    void chosen(const QString& id);
};

}  // namespace moescope::ui
