// Axes, brushes and what can be done with the picked runs.
#include "ui/compare_parallel.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace moescope::ui {
namespace {

constexpr std::size_t kUsualAxes = 7;

}  // namespace

CompareParallel::CompareParallel(QWidget* parent)
    : QWidget(parent), m_plot(new plots::ParallelPlot), m_count(new QLabel), m_pick(new QPushButton(tr("Axes"))), m_keep(new QPushButton), m_clear(new QPushButton(tr("Clear brushes"))), m_menu(new QMenu(this)) {
    setObjectName(QStringLiteral("compareParallel"));
    m_plot->setObjectName(QStringLiteral("parallelPlot"));
    m_plot->setAccessibleName(tr("Runs over several quantities"));
    m_plot->setToolTip(tr("Drag along an axis to pick the runs that pass there; drag the mark to move it, click beside it to clear it."));
    m_count->setObjectName(QStringLiteral("parallelCount"));
    m_count->setProperty("role", "unit");
    m_count->setFont(plots::uiFont(12));
    m_pick->setObjectName(QStringLiteral("parallelAxes"));
    m_keep->setObjectName(QStringLiteral("parallelKeep"));
    m_clear->setObjectName(QStringLiteral("parallelClear"));
    auto* top = new QHBoxLayout;
    top->setSpacing(8);
    top->addWidget(m_pick);
    top->addWidget(m_count);
    top->addStretch();
    for (QPushButton* button : {m_clear, m_keep}) {
        button->setProperty("kind", "ghost");
        top->addWidget(button);
    }
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 4, 0, 0);
    lines->setSpacing(4);
    lines->addLayout(top);
    lines->addWidget(m_plot, 1);
    connect(m_menu, &QMenu::aboutToShow, this, &CompareParallel::fillAxes);
    connect(m_pick, &QPushButton::clicked, this, [this] { m_menu->popup(m_pick->mapToGlobal(QPoint(0, m_pick->height()))); });
    connect(m_plot, &plots::ParallelPlot::brushedChanged, this, &CompareParallel::say);
    connect(m_plot, &plots::ParallelPlot::hovered, this, &CompareParallel::hovered);
    connect(m_plot, &plots::ParallelPlot::clicked, this, &CompareParallel::chosen);
    connect(m_keep, &QPushButton::clicked, this, [this] { emit keepRequested(m_plot->brushed()); });
    connect(m_clear, &QPushButton::clicked, this, [this] {
        for (int axis = 0; axis < static_cast<int>(m_plot->data().axes.size()); ++axis) m_plot->brush(axis, std::nullopt);
    });
}

std::vector<std::string> CompareParallel::axes() const {
    if (!m_axes.empty()) return m_axes;
    std::vector<std::string> keys;
    for (const std::string& key : m_scene.keys)
        if (keys.size() + 1 < kUsualAxes && key.find('.') != std::string::npos) keys.push_back(key);
    if (keys.empty()) keys = {"seed", "flops"};
    keys.emplace_back(kMetricKey);
    return keys;
}

void CompareParallel::setScene(const CompareScene& scene) {
    m_scene = scene;
    draw();
}

void CompareParallel::setAxes(std::vector<std::string> keys) {
    m_axes = std::move(keys);
    draw();
}

void CompareParallel::draw() {
    plots::ParallelData data;
    data.empty = tr("No compared run has been read yet.");
    for (std::size_t i = 0; i < m_scene.entries.size(); ++i) data.lines.push_back({QString::fromStdString(m_scene.entries[i].ulid), m_scene.entries[i].name, {}, m_scene.ink(i)});
    for (const std::string& key : axes()) {
        const SceneAxis made = sceneAxis(m_scene, key);
        data.axes.push_back(made.axis);
        for (std::size_t i = 0; i < data.lines.size(); ++i) data.lines[i].values.push_back(made.values[i]);
    }
    m_plot->setData(std::move(data));
    say();
}

void CompareParallel::say() {
    const auto all = m_plot->data().lines.size();
    const qsizetype picked = m_plot->brushed().size();
    const bool brushed = m_plot->isBrushed();
    m_count->setText(brushed ? tr("%1 of %2 runs pass").arg(picked).arg(all) : tr("%1 runs; drag along an axis to pick some").arg(all));
    m_keep->setText(tr("Compare these %1 alone").arg(picked));
    m_keep->setVisible(brushed && picked > 0 && picked < static_cast<qsizetype>(all));
    m_clear->setVisible(brushed);
}

void CompareParallel::fillAxes() {
    m_menu->clear();
    const std::vector<std::string> shown = axes();
    for (const std::string& key : sceneKeys(m_scene)) {
        QAction* action = m_menu->addAction(sceneTitle(m_scene, key));
        action->setCheckable(true);
        action->setChecked(std::ranges::find(shown, key) != shown.end());
        connect(action, &QAction::toggled, this, [this, key, shown](bool on) {
            std::vector<std::string> now = shown;
            if (on) now.insert(now.end() - (now.back() == kMetricKey ? 1 : 0), key);
            else std::erase(now, key);
            if (!now.empty()) setAxes(std::move(now));
        });
    }
    m_menu->addSeparator();
    connect(m_menu->addAction(tr("The settings that differ")), &QAction::triggered, this, [this] { setAxes({}); });
}

}  // namespace moescope::ui
