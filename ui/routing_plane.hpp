// Routing > Plane: the input plane of a toy mixture, coloured by who decides, by what each expert or the mixture answers, or
// by where it errs; a card for the point under the pointer.
#pragma once

#include <QPointF>

#include <optional>
#include <vector>

#include "plots/plot_export.hpp"
#include "ui/routing_plane_card.hpp"
#include "ui/routing_view.hpp"

class QCheckBox;
class QGridLayout;
class QScrollArea;
class QStackedWidget;

namespace moescope::plots {
class ExpertLegend;
class SegmentedControl;
}  // namespace moescope::plots

namespace moescope::ui {

class RoutingTable;

class RoutingPlane : public RoutingView {
    Q_OBJECT
public:
    enum Picture { gate, experts, output, loss };
    explicit RoutingPlane(QWidget* parent = nullptr);
    std::optional<plots::EmptyContent> missing(const RoutingShown& shown) const override;
    void show(const RoutingShown& shown) override;
    bool followsLayer() const override { return false; }
    void setTable(bool on) override;

    void setPicture(Picture picture);
    Picture picture() const;
    bool showsSolo() const override { return true; }
    void setSolo(int expert) override;                       ///< gate: one expert's probability alone; -1 = all
    void lookAt(std::optional<QPointF> at);         ///< of the plane; nothing = the pointer has left
    void pin(std::optional<QPointF> at);
    std::optional<QPointF> pinned() const { return m_pin; }
    const PlaneCard& card() const { return *m_card; }
    const PlaneCard& pinnedCard() const { return *m_pinCard; }
    const std::vector<plots::PlaneMap*>& maps() const { return m_maps; }   ///< the visible ones, in order
    /// Writes what is visible; false and a sentence in *error when it cannot.
    bool save(plots::ExportFormat format, const QString& path, QString* error = nullptr);
    using RoutingView::show;

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    QWidget* buildPicture();
    QWidget* buildCards();
    void setMaps(int count, int columns);
    void fill();
    void fillMaps();
    void fillKey();
    void fillTable();
    void fillCards();
    void askToSave(plots::ExportFormat format);
    PlaneCard::Facts factsAt(QPointF at, bool pinned) const;
    const telemetry::PlaneSnapshot& plane() const { return *m_shown.snapshot->plane; }

    RoutingShown m_shown;
    std::optional<QPointF> m_look, m_pin;
    std::vector<plots::PlaneMap*> m_maps;
    double m_mostLoss = 1;
    plots::SegmentedControl* m_choice;
    plots::ExpertLegend* m_legend;
    QCheckBox *m_points, *m_everywhere;
    QStackedWidget* m_stack;
    QWidget* m_area;
    QGridLayout* m_grid;
    RoutingTable* m_table;
    PlaneKey* m_key;
    PlaneCard *m_card, *m_pinCard;
    QLabel* m_hint;
};

}  // namespace moescope::ui
