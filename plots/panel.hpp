// Panel: what all plots have in common: header, QCustomPlot, shared cursor, flags, zoom, empty text, export.
// Thread: GUI. Values in by setData, drawn once per event loop turn and only while visible.
#pragma once

#include "plots/cursor_hub.hpp"
#include "plots/panel_header.hpp"
#include "plots/plot_export.hpp"
#include "plots/series.hpp"

#include <QImage>
#include <QPointer>
#include <QWidget>

#include <functional>
#include <optional>

class QCustomPlot;
class QCPAxisRect;
class QCPPainter;
class QAction;
class QKeyEvent;
class QMouseEvent;

namespace moescope::plots {

class PaintItem;

class Panel : public QWidget {
    Q_OBJECT
public:
    explicit Panel(QWidget* parent = nullptr);
    ~Panel() override;

    PanelHeader* header() const { return m_header; }
    void setTitle(const QString& title, const QString& unit = {});
    void setHub(CursorHub*);                           // not owned; nullptr = a private one
    void setXAxis(const QString& name, const QString& exportTitle = {});   // "step", "training step"
    void setYTitle(const QString& exportTitle) { m_yTitle = exportTitle; }
    void setEmptyText(const QString&);                 // "first point after step 10", shown while there is no data
    void setMaximised(bool);                           // wording of the menu entry only

    virtual bool hasData() const = 0;
    virtual QString summary() const = 0;               // "validation loss, step 240, 1.51, falling"
    virtual Table visibleTable() const = 0;            // exactly what is visible
    virtual Extent dataExtent() const = 0;             // x

    QImage image(double scale = 1);                    // header and plot with axis titles
    QByteArray svg();
    QByteArray pdf();
    QSize exportSize() const;                          // of image(1), svg() and pdf()
    void paintVector(QCPPainter&);                     // the picture as lines and text, its upper left corner at 0, 0
    // Writes the file atomically; false and a sentence in *error when it cannot.
    bool save(ExportFormat, const QString& path, QString* error = nullptr);
    void copyImage();

    void applyTheme();                                 // called by itself when the theme changes
    QCustomPlot* plot() const { return m_plot; }

    bool mouseIsHere() const;

signals:
    void maximiseRequested();
    void exportRequested(ExportFormat);                // the window asks for a file name and calls save()

protected:
    // For subclasses. rebuild: data, size, range or theme changed. updateReadout: cursor or data changed.
    virtual void rebuild() = 0;
    virtual void updateReadout() = 0;
    virtual void paintUnder(QCPPainter*) {}      // on the grid layer
    virtual void paintOver(class QCPPainter*) {}       // on the buffered overlay layer
    virtual bool flagsOverData() const { return false; }
    virtual void setExportMode(bool) {}
    virtual QList<QCPAxisRect*> rects() const = 0;     // top to bottom
    virtual double snapped(double x) const = 0;        // the nearest x that was measured
    virtual void clickedAt(QPointF) {}                 // a click in the plot, in its pixels

    void markDirty();                                  // new data: rebuild before the next paint
    XRange xRange() const;
    double cursorOrLast() const;                       // NaN when there is neither
    std::optional<double> shownCursor() const;
    AxisScale xScale() const { return m_hub->xScale(); }
    QString xText(double x) const;                     // "240", "14:05:30"
    double xAt(double pixel) const;
    double pixelOf(double x) const;
    void styleRect(QCPAxisRect*, bool bottomTicks);
    QString xName() const { return m_xName; }
    QString xTitle() const { return m_xTitle; }
    QString yTitle() const { return m_yTitle; }
    CursorHub* hub() const { return m_hub; }

    bool eventFilter(QObject*, QEvent*) override;
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;

private:
    void buildMenu();
    void paintFlags(QCPPainter*);
    void paintCursor(QCPPainter*);
    void paintAxisName(QCPPainter*);
    void paintEmpty(QCPPainter*);
    void refresh();                                    // rebuild and replot now if dirty
    void cursorMoved();
    bool mouse(QEvent*);
    void pressed(QMouseEvent*);
    void moved(QMouseEvent*);
    void released(QMouseEvent*);
    void zoom(double factor, double at);
    void inExportMode(const std::function<void(QSize plotSize)>&);
    bool pressedKey(QKeyEvent*);
    void stepCursor(int by);
    void focusMoved(bool in, Qt::FocusReason);

    PanelHeader* m_header;
    QCustomPlot* m_plot;
    PaintItem* m_under;
    PaintItem* m_over;
    QPointer<CursorHub> m_hub;
    CursorHub* m_ownHub;
    QAction* m_maximise = nullptr;
    QString m_emptyText, m_xName, m_xTitle, m_yTitle;
    bool m_dirty = true, m_ring = false;
    enum Drag { NoDrag, Pressed, Selecting, Panning } m_drag = NoDrag;
    double m_dragFrom = 0, m_dragTo = 0;               // pixels
    XRange m_dragRange;
};

}  // namespace moescope::plots
