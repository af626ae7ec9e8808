// The widgets of the Compare page and what they know; its methods lie in compare_page*.cpp.
#pragma once

#include "storage/saved_views.hpp"
#include "ui/compare_experts.hpp"
#include "ui/compare_facets.hpp"
#include "ui/compare_models.hpp"
#include "ui/compare_options.hpp"
#include "ui/compare_page.hpp"
#include "ui/compare_parallel.hpp"
#include "ui/compare_reader.hpp"
#include "ui/compare_savings.hpp"
#include "ui/compare_scatter.hpp"
#include "ui/compare_study.hpp"
#include "ui/runs_table.hpp"

class QHBoxLayout;
class QLabel;
class QMenu;
class QPushButton;
class QScrollArea;
class QStackedLayout;

namespace moescope::plots {
class EmptyState;
class SegmentedControl;
}

namespace moescope::ui {

class CompareSide;
class CompareTable;
class RunsDockMenu;
class SavedShelf;
class UndoToast;

struct ComparePage::Parts {
    Parts(ComparePage& owner, RunLibrary& runs, EngineLink& engines) : page(owner), library(runs), link(engines), reader(&owner), study(&owner) {}

    ComparePage& page;
    RunLibrary& library;
    EngineLink& link;
    CompareReader reader;
    CompareStudy study;
    RunKeys keys;
    SavedShelf* shelf = nullptr;
    plots::SegmentedControl* views = nullptr;
    QPushButton* kept = nullptr;
    QMenu* keptMenu = nullptr;
    RunsTable* runs = nullptr;
    CompareTable* table = nullptr;
    CompareOptions* options = nullptr;
    CompareFacets* facets = nullptr;
    CompareScatter* scatter = nullptr;
    CompareParallel* parallel = nullptr;
    CompareSavings* savings = nullptr;
    CompareModels* models = nullptr;
    CompareExperts* experts = nullptr;
    CompareSide* side = nullptr;
    plots::EmptyState* empty = nullptr;
    QStackedLayout *stack = nullptr, *pictures = nullptr;
    QScrollArea* sideScroll = nullptr;
    QLabel* note = nullptr;
    UndoToast* toast = nullptr;
    RunsDockMenu* menu = nullptr;
    CompareView view = CompareView::runs;
    std::vector<CompareEntry> entries;
    std::vector<CompareGroup> groups;
    std::vector<std::string> differing;        ///< keys
    std::vector<std::string> counted;          ///< ULIDs and tags that `differing` belongs to
    std::string chosen;                        ///< ULID of the chosen row
    int baseline = -1, request = 0;
    bool isRead = true;

    /// What a verdict was computed from: it costs too much to repeat when nothing has changed.
    struct Basis {
        std::vector<ComparedRunPtr> runs;
        std::vector<QString> names;
        std::vector<std::vector<std::size_t>> groups;
        int baseline = -1;
        double smoothing = 0;
        bool savings = false;
        bool operator==(const Basis&) const = default;
    };
    Basis asked, judged;
    DrawnComparisonPtr drawn;

    void build();                              // compare_page.cpp
    QHBoxLayout* buildTop();
    QWidget* buildComparison();
    void connectParts();
    void connectTable();
    void connectViews();
    void fit();
    void read();                               // compare_page_show.cpp
    void onRead(int request, const ComparedRunPtr& run);
    void show();
    void takeRows();
    void takeKeys();
    std::vector<std::string> wantedKeys() const;
    void askStudy();
    void showLanes(const FacetLanesPtr& lanes);
    void showView();
    CompareScene scene() const;
    void setBaseline(int entry);
    void remove(int entry);
    void chooseRow();
    void chooseRun(const QString& ulid);
    std::vector<storage::RunRow> rowsOf(const std::vector<int>& which) const;
    void save(plots::LinePanel& panel, plots::ExportFormat format);      // compare_page_saved.cpp
    void saveReport();
    void fillKept();
    void askForName();
    std::string look() const;
    void openKept(const storage::SavedComparison& comparison);
    double effectiveSmoothing() const { return options->metric().noisy ? options->smoothing() : 0; }
};

}  // namespace moescope::ui
