// The widgets of the Compare page and what they know; its methods lie in compare_page*.cpp.
#pragma once

#include <QHash>

#include "ui/compare_facets.hpp"
#include "ui/compare_keys.hpp"
#include "ui/compare_options.hpp"
#include "ui/compare_page.hpp"
#include "ui/compare_reader.hpp"
#include "ui/compare_study.hpp"

class QLabel;
class QScrollArea;
class QStackedLayout;

namespace moescope::plots {
class EmptyState;
}

namespace moescope::ui {

class CompareSide;
class CompareTable;

struct ComparePage::Parts {
    Parts(ComparePage& owner, RunLibrary& runs) : page(owner), library(runs), reader(&owner), study(&owner) {}

    ComparePage& page;
    RunLibrary& library;
    CompareReader reader;
    CompareStudy study;
    RunKeys keys;
    CompareTable* table = nullptr;
    CompareOptions* options = nullptr;
    CompareFacets* facets = nullptr;
    CompareSide* side = nullptr;
    plots::EmptyState* empty = nullptr;
    QStackedLayout* stack = nullptr;
    QScrollArea* sideScroll = nullptr;
    QLabel* note = nullptr;
    std::vector<CompareEntry> entries;
    std::vector<CompareGroup> groups;
    int baseline = -1, request = 0;
    bool isRead = true;

    /// What a verdict was computed from: it costs too much to repeat when nothing has changed.
    struct Basis {
        std::vector<ComparedRunPtr> runs;
        std::vector<QString> names;
        std::vector<std::vector<std::size_t>> groups;
        int baseline = -1;
        double smoothing = 0;
        bool operator==(const Basis&) const = default;
    };
    Basis asked, judged;
    DrawnComparisonPtr drawn;

    void build();
    void connectParts();
    void connectTable();
    void read();
    void onRead(int request, const ComparedRunPtr& run);
    void show();
    void takeRows();
    void askStudy();
    void showLanes(const FacetLanesPtr& lanes);
    void setBaseline(int entry);
    void remove(int entry);
    void save(plots::LinePanel& panel, plots::ExportFormat format);
    void saveReport();
    void fit();
    double effectiveSmoothing() const { return options->metric().noisy ? options->smoothing() : 0; }
};

}  // namespace moescope::ui
