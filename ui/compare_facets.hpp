// CompareFacets: the lines of Compare as one plot, or as one for each value of a setting on the same axes, with the key of the channels.
#pragma once

#include <QWidget>

#include <vector>

#include "plots/cursor_hub.hpp"
#include "ui/compare_curves.hpp"

class QGridLayout;

namespace moescope::plots {
class LinePanel;
enum class ExportFormat;
}

namespace moescope::ui {

/// One mark of the key: what a colour or a dash stands for.
struct ChannelMark {
    QString text;
    plots::Ink ink;
    bool operator==(const ChannelMark&) const = default;
};
std::vector<ChannelMark> channelMarks(const std::vector<CompareGroup>& groups, const Grouping& grouping);

/// A row of marks, as many as there is room for. GUI thread.
class ChannelKey : public QWidget {
    Q_OBJECT
public:
    explicit ChannelKey(QWidget* parent = nullptr);
    void setMarks(std::vector<ChannelMark> marks, const QString& note);
    QSize sizeHint() const override { return {200, 20}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<ChannelMark> m_marks;
    QString m_note;
};

/// What stands around the lines.
struct FacetWords {
    QString title, unit, xName, xTitle, yTitle, empty;
    double xFactor = 1;            ///< what the curves' x were divided by
    std::string facet;             ///< key; empty: one plot
};

/// GUI thread. All plots share cursor and zoom.
class CompareFacets : public QWidget {
    Q_OBJECT
public:
    explicit CompareFacets(QWidget* parent = nullptr);
    void setLanes(std::vector<FacetLane> lanes, const FacetWords& words, const std::vector<ChannelMark>& marks);
    void setSmoothing(double weight);
    void setLogY(bool on);
    /// The first; there is always one.
    plots::LinePanel& panel() { return *m_panels.front(); }
    /// Those that are shown.
    std::vector<plots::LinePanel*> panels() const;

    /// More values than this are not drawn, and the key says so.
    static constexpr std::size_t kMost = 9;

signals:
    void exportRequested(plots::LinePanel* panel, plots::ExportFormat format);
    /// A place on the axis was clicked and is marked in all plots: its x as the curves were given to Compare, and in words.
    void placed(double x, const QString& words);
    void runClicked(const QString& ulid);   ///< its curve was clicked

private:
    void make(std::size_t count);
    void arrange(std::size_t count);

    plots::CursorHub m_hub;
    ChannelKey* m_key;
    QGridLayout* m_grid;
    std::vector<plots::LinePanel*> m_panels;
    QString m_xName;
    double m_xFactor = 1;
    std::size_t m_shown = 1;
    double m_smoothing = 0;
    bool m_logY = false;
};

}  // namespace moescope::ui
