// Token text: text coloured by the experts that handled it: tint = combine weight, lanes = first and second expert,
// a digit under runs of two or more tokens of the same expert. The tint may stand for something else instead.
#pragma once

#include <QRect>
#include <QString>
#include <QWidget>

#include <vector>

namespace moescope::plots {

struct Token {
    QString text;                      // decoded text of the token; line breaks are drawn as a sign and break the line
    int expert = -1;                   // first choice; -1 = none (prompt, dense layer)
    float weight = 1;                  // combine weight of the first choice, 0..1
    int second = -1;                   // second choice, -1 = none
    bool dropped = false;              // struck through
    float shade = -1;                  // 0..1 of a neutral tint (Tint::Shade); below 0 = none
    int group = -1;                    // colour of Tint::Group, one of eight; -1 = none
    bool operator==(const Token&) const = default;
};

class TokenText : public QWidget {
    Q_OBJECT
public:
    // First: the first expert's colour by its weight. Second: the second expert's. Shade: neutral. Group: colours of groupColor().
    enum class Tint { First, Second, Shade, Group };
    enum Mode { Strip, Wrapped };      // Strip: one line of 14 px, clipped at a token; Wrapped: as high as it needs

    explicit TokenText(QWidget* parent = nullptr);
    void setMode(Mode);
    void setTint(Tint);
    static QColor groupColor(int group);
    void setFontPx(int px);            // 14 (pitch 40) or 17 (pitch 52)
    void setTokens(std::vector<Token>, int experts);
    const std::vector<Token>& tokens() const { return m_tokens; }
    void setClusters(std::vector<int> clusterOfExpert);   // more than 24 experts: at most 8 groups
    void setSolo(int expert);          // -1 = all; others turn grey
    void setSelected(int token);       // -1 = none; the accent frame
    int selected() const { return m_selected; }
    void setCaret(bool);               // accent bar after the last token while text is being generated
    QRect tokenRect(int token) const;
    int tokenAt(const QPoint&) const;

    bool hasHeightForWidth() const override { return m_mode == Wrapped; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void tokenHovered(int token);
    void tokenClicked(int token);

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    void leaveEvent(QEvent*) override;

private:
    struct Cell {
        QRect rect;                    // text cell; lanes lie below it
        QString shown;
    };
    std::vector<Cell> layoutFor(int width) const;
    void relayout();
    QColor colorOf(int expert) const;
    int pitch() const;
    void paintToken(QPainter&, size_t) const;
    void paintLanes(QPainter&) const;

    QColor tintOf(const Token&) const;                    // invalid = none

    Mode m_mode = Wrapped;
    Tint m_tint = Tint::First;
    int m_px = 14, m_experts = 0, m_solo = -1, m_selected = -1, m_hovered = -1;
    bool m_caret = false;
    std::vector<Token> m_tokens;
    std::vector<int> m_clusters;
    std::vector<Cell> m_cells;
};

}  // namespace moescope::plots
