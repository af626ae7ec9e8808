// HandCells: a grid of numbers with a column for each expert: logits to edit, with the choice marked in them, or what comes of them.
#pragma once

#include <QTableWidget>

#include <vector>

namespace moescope::ui {

/// What one cell says; kept by the grid, drawn from the theme in use.
struct HandCell {
    QString text;
    int slot = -1;              ///< order of the choice, 0 = first; -1 = not chosen
    double weight = 0;          ///< of a chosen cell
    int position = -1;          ///< place in the expert's queue, -1 = unknown
    bool kept = true, bad = false;
    double lean = 0;            ///< -1 .. 1: tint below (blue) or above (orange) nothing
    double share = 0;           ///< 0 .. 1: a bar in the expert's colour at the cell's foot
    QString note;               ///< tool tip
    bool operator==(const HandCell&) const = default;
};

/// GUI thread. Every grid of one view has the same column width, so that experts stand under each other.
class HandCells : public QTableWidget {
    Q_OBJECT
public:
    explicit HandCells(bool editable, QWidget* parent = nullptr);
    /// [row][expert]; `stale`: what is marked belongs to an earlier table and is drawn faint.
    void setCells(const QStringList& rows, std::vector<std::vector<HandCell>> cells, bool stale);
    const std::vector<std::vector<HandCell>>& cells() const { return m_cells; }
    bool isStale() const { return m_stale; }
    void setColumns(int width);
    void setShowsQueue(bool on);          ///< a third line with the place in the queue
    int wantedHeight() const;
    /// The experts a row stands for, in words: for screen readers.
    QString rowWords(int row) const;

signals:
    void edited(int token, int expert, const QString& text);
    void pasted(int token, int expert, const QString& text);

protected:
    void keyPressEvent(QKeyEvent*) override;

private:
    class Painter;
    friend class Painter;
    int rowHeight() const;
    void copySelection() const;
    std::vector<std::vector<HandCell>> m_cells;
    bool m_editable, m_stale = false, m_queue = false, m_filling = false;
};

}  // namespace moescope::ui
