// Labelled text: a batch as the model sees it: tokens tinted by the colour of their label, what is not trained in grey.
#pragma once

#include <QRect>
#include <QString>
#include <QWidget>

#include <vector>

namespace moescope::plots {

struct LabelledToken {
    QString text;
    int label = -1;                    // index into the labels; -1 = none
    bool trained = true;               // false: only read, the loss does not count it
    QString note;                      // tool tip
    bool operator==(const LabelledToken&) const = default;
};

// Wraps between tokens; line breaks are drawn as a sign and break the line.
class LabelledText : public QWidget {
    Q_OBJECT
public:
    explicit LabelledText(QWidget* parent = nullptr);
    void setTokens(std::vector<LabelledToken> tokens);
    const std::vector<LabelledToken>& tokens() const { return m_tokens; }
    QRect tokenRect(int token) const { return m_rects[size_t(token)]; }
    static QColor labelColor(int label);   // the same for a table or a legend of the labels

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    bool event(QEvent*) override;

private:
    std::vector<QRect> layoutFor(int width) const;
    std::vector<LabelledToken> m_tokens;
    std::vector<QRect> m_rects;
};

}  // namespace moescope::plots
