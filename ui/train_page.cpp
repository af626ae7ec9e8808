// Puts the Train page together.
#include "ui/train_page.hpp"

#include <QFileDialog>
#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "core/config/derived.hpp"
#include "plots/empty_state.hpp"
#include "plots/panel.hpp"
#include "plots/theme.hpp"
#include "ui/events_strip.hpp"
#include "ui/run_banner.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_sample.hpp"

namespace moescope::ui {
namespace {

constexpr int kManyExperts = 24, kBusiest = 2;
enum Page { kEmpty, kPlots };

}  // namespace

TrainPage::TrainPage(WatchedRun& run, TrainCursor& cursor, QWidget* parent)
    : QWidget(parent), m_run(run), m_cursor(cursor), m_stack(new QStackedWidget(this)), m_empty(new plots::EmptyState(this)), m_banner(new RunBanner(this)),
      m_grid(new TrainGrid(cursor.plotHub(), this)), m_denseNote(new QLabel(this)), m_sample(new TrainSample(this)), m_events(new EventsStrip(this)) {
    setObjectName(QStringLiteral("trainPage"));
    setProperty("role", "surface");
    setAttribute(Qt::WA_StyledBackground);
    askFileName = [this](const QString& suggested, const QString& filter) { return QFileDialog::getSaveFileName(this, tr("Save the plot"), suggested, filter); };
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->setSpacing(0);
    auto* bannerRow = new QVBoxLayout;
    bannerRow->setContentsMargins(16, 8, 16, 0);
    bannerRow->addWidget(m_banner);
    whole->addLayout(bannerRow);
    whole->addWidget(m_stack, 1);
    auto* plots = new QWidget(m_stack);
    auto* column = new QVBoxLayout(plots);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_grid, 1);
    m_denseNote->setObjectName(QStringLiteral("denseNote"));
    m_denseNote->setText(tr("This run has no experts, so there is no router to show."));
    m_denseNote->setFont(plots::uiFont(13));
    m_denseNote->setProperty("role", "label");
    m_denseNote->setContentsMargins(16, 10, 16, 10);
    column->addWidget(m_denseNote);
    column->addWidget(m_sample);
    column->addWidget(m_events);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(plots);
    connect(m_grid, &TrainGrid::viewChosen, this, &TrainPage::setView);
    connect(m_grid, &TrainGrid::exportRequested, this, &TrainPage::savePanel);
    connect(m_events, &EventsStrip::stepChosen, this, [this](double step) { m_cursor.pin(step); });
    connect(&m_cursor, &TrainCursor::eventsChanged, this, [this] { m_events->setEvents(m_cursor.events()); });
    connect(m_empty, &plots::EmptyState::actionTriggered, this, [this](int index) {
        if (m_storeEmpty && index == 0) emit startDemoRequested();
        else emit newRunRequested();
    });
    showEmptyState();
}

TrainView TrainPage::usualView() const {
    TrainView view;
    view.axis = m_view.axis;
    view.concentration = m_view.concentration;
    if (view.concentration == 0 && expertsPerToken(*m_run.data()) == 1) view.concentration = kBusiest;  // the weight of one expert is always 1
    if (m_run.data()->experts() > kManyExperts) view.expert = -1;
    const auto& rig = m_run.steering().rig;
    if (!rig.empty()) view.expert = static_cast<int>(std::ranges::max_element(rig, {}, [](const auto& each) { return each.second; })->first.second);
    return view;
}

void TrainPage::reload() {
    const RunData* data = m_run.data();
    m_stack->setCurrentIndex(data ? kPlots : kEmpty);
    if (!data) {
        m_grid->setRun(nullptr, {});
        return showEmptyState();
    }
    m_starting = false;
    if (m_viewOf != m_run.ulid() || m_view.moeLayer >= std::max<std::int64_t>(1, data->moeLayers())) {
        m_viewOf = m_run.ulid();
        m_view = usualView();
        emit viewChanged(m_view);
    }
    m_grid->setView(m_view);
    m_grid->setRun(data, RunWords::ink(data->meta().ulid, m_run.colour().toStdString()));
    m_denseNote->setVisible(data->meta().facts.paramsTotal > 0 && data->experts() == 0);
    showStep();
}

void TrainPage::refresh() {
    if (!m_run.data()) return;
    m_grid->refresh();
    showStep();
}

void TrainPage::showStep() {
    if (!m_run.data()) return;
    m_sample->setSample(m_run.data(), m_view.moeLayer, m_cursor.step());
    m_sample->setVisible(!m_short && !config::isPlane(m_run.data()->config()));  // points have no text
    m_events->setStep(m_cursor.shown());
}

void TrainPage::setView(const TrainView& view) {
    if (view == m_view) return;
    m_view = view;
    m_cursor.setAxis(view.axis);
    m_grid->setView(view);
    showStep();
    emit viewChanged(m_view);
}

void TrainPage::setSolo(int expert) {
    m_sample->setSolo(expert);
    m_grid->setSolo(expert);
    if (expert < 0 || !m_run.data()) return;
    TrainView view = m_view;
    view.expert = expert;
    setView(view);
}

void TrainPage::setShort(bool on) {
    m_short = on;
    m_sample->setVisible(!on && !(m_run.data() && config::isPlane(m_run.data()->config())));
}

void TrainPage::setStarting(bool on) {
    m_starting = on;
    if (!m_run.data()) showEmptyState();
}

void TrainPage::setStoreEmpty(bool on) {
    if (on == m_storeEmpty) return;
    m_storeEmpty = on;
    if (!m_run.data()) showEmptyState();
}

void TrainPage::showEmptyState() {
    const bool damaged = !m_run.problem().isEmpty();
    if (m_starting && !damaged)
        m_empty->setContent({QStringLiteral("play"), tr("The engine is starting"), tr("The first point comes a few seconds after it has read the data."), {}, false});
    else if (damaged)
        m_empty->setContent({QStringLiteral("warning"), tr("This run cannot be shown"), m_run.problem(), {}, true});
    else if (!m_run.ulid().isEmpty())
        m_empty->setContent({QStringLiteral("file"), tr("Opening %1").arg(m_run.name()), {}, {}, false});
    else if (m_storeEmpty)
        m_empty->setContent({QStringLiteral("grid"), tr("No runs yet"), tr("Watch an expert collapse in 30 seconds."), {tr("Start"), tr("New run")}, false});
    else
        m_empty->setContent({QStringLiteral("grid"), tr("No run is open"), tr("Choose one at the left, or start another."), {tr("New run")}, false});
}

void TrainPage::savePanel(plots::Panel* panel, plots::ExportFormat format) {
    const QString suffix = plots::exportSuffix(format);
    QString suggested = m_run.name() + QStringLiteral(" ") + panel->header()->title();
    suggested.replace(QLatin1Char('/'), QLatin1Char('-')).replace(QLatin1Char(' '), QLatin1Char('_'));
    QString path = askFileName(suggested + QLatin1Char('.') + suffix, tr("%1 files (*.%2)").arg(suffix.toUpper(), suffix));
    if (path.isEmpty()) return;
    if (!path.endsWith(QLatin1Char('.') + suffix, Qt::CaseInsensitive)) path += QLatin1Char('.') + suffix;
    QString error;
    emit message(panel->save(format, path, &error) ? tr("Saved %1").arg(path) : error);
}

}  // namespace moescope::ui
