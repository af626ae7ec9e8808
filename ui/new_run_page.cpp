// The page: presets, form, estimate and footer, and what passes between them.
#include "ui/new_run_page.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QScrollArea>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "plots/controls.hpp"
#include "plots/theme.hpp"
#include "ui/dropped.hpp"
#include "ui/engine_link.hpp"
#include "ui/help_text.hpp"
#include "ui/new_run_data_box.hpp"
#include "ui/new_run_engine.hpp"
#include "ui/new_run_estimate.hpp"
#include "ui/new_run_footer.hpp"
#include "ui/new_run_form.hpp"
#include "ui/new_run_presets.hpp"
#include "ui/new_run_study.hpp"
#include "ui/preferences.hpp"
#include "ui/recipe_reader.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kPresetsWidth = 264, kEstimateWidth = 300, kNarrow = 1200, kInspectDelayMs = 400;
constexpr std::int64_t kCharsGuess = 96, kBytes = 256;

QString text(const std::string& value) { return QString::fromStdString(value); }

/// A router preset owns these settings; an edit of another setting survives a change of router.
bool belongsToRouter(const std::string& key) { return key.starts_with("router.") || key.starts_with("capacity.") || key.starts_with("balance."); }

bool isGenerated(const std::string& source) { return source == "domains" || source == "random"; }

QFrame* hairline() {
    auto* line = new QFrame;
    line->setProperty("role", "hairline");
    return line;
}

QLabel* words(const char* name, const char* role, int px, QFont::Weight weight = QFont::Normal) {
    auto* label = new QLabel;
    label->setObjectName(QLatin1String(name));
    label->setTextFormat(Qt::PlainText);
    label->setProperty("role", role);
    label->setFont(plots::uiFont(px, weight));
    return label;
}

}  // namespace

struct NewRunPage::Parts {
    Parts(NewRunPage& owner, const QString& folder) : page(owner), store(folder), engine(folder, &owner) {}

    NewRunPage& page;
    QString store;
    NewRunEngine engine;
    NewRunPresets* presets = new NewRunPresets;
    NewRunForm* form = new NewRunForm;
    NewRunEstimate* estimate = new NewRunEstimate;
    NewRunFooter* footer = new NewRunFooter;
    NewRunStudy* study = new NewRunStudy;
    NewRunDataBox* data = new NewRunDataBox;
    QWidget *left = nullptr, *right = nullptr;
    QComboBox* router = new QComboBox;
    plots::SegmentedControl* level = new plots::SegmentedControl;
    QLabel *from = words("newRunFrom", "label", 13), *description = words("newRunDescription", "label", 13), *message = words("newRunMessage", "err", 12),
           *routerLabel = words("routerLabel", "label", 13);
    QTimer* inspectDelay = new QTimer(&page);
    QString preset;                       ///< of the run, empty after a recipe
    config::DataConfig inspectedData;     ///< what the facts are about
    bool asked = false;
    DetailLevel shownLevel = DetailLevel::standard;
    DataFacts facts;

    void build();
    QWidget* buildLeft();
    QWidget* buildMiddle();
    QHBoxLayout* buildTitle();
    void connectParts();
    void start(const QString& presetId, const QString& routerId);
    void chooseRouter();
    void onChanged();
    void inspectIfNeeded();
    void onInspected(const DataFacts& found);
    void paste(const QString& recipe);
    void choose(bool folder);
    void say(const base::Problems& problems);
    void showStudy();
    void go();
    std::int64_t vocabulary() const;
    QString routerId() const { return router->currentData().toString(); }
};

QWidget* NewRunPage::Parts::buildLeft() {
    left = new QWidget;
    left->setAttribute(Qt::WA_StyledBackground);
    left->setProperty("role", "window");
    auto* title = words("presetsTitle", "title", 13, QFont::DemiBold);
    title->setText(tr("Presets"));
    auto* lines = new QVBoxLayout(left);
    lines->setContentsMargins(0, 18, 0, 8);
    title->setContentsMargins(16, 0, 0, 4);
    lines->addWidget(title);
    lines->addWidget(presets, 1);
    return left;
}

QHBoxLayout* NewRunPage::Parts::buildTitle() {
    auto* title = words("newRunTitle", "title", 20, QFont::DemiBold);
    title->setText(tr("New run"));
    from->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    routerLabel->setText(tr("Router"));
    router->setObjectName(QStringLiteral("routerPreset"));
    router->setAccessibleName(tr("Router preset"));
    router->setMinimumWidth(140);
    router->setMaximumWidth(220);
    router->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    router->addItem(tr("as the preset"), QString());
    for (const config::Preset& preset : presets->presets()) {
        if (preset.kind != config::PresetKind::router) continue;
        router->addItem(text(preset.title), text(preset.id));
        router->setItemData(router->count() - 1, QStringLiteral("<p>") + text(preset.description).toHtmlEscaped() + QStringLiteral("</p>"), Qt::ToolTipRole);
    }
    level->setObjectName(QStringLiteral("settingsLevel"));
    level->setAccessibleName(tr("How many settings are shown"));
    level->setOptions({tr("Main settings"), tr("All")});
    auto* row = new QHBoxLayout;
    row->setSpacing(10);
    row->addWidget(title, 0, Qt::AlignBaseline);
    row->addWidget(from, 1, Qt::AlignBaseline);
    row->addWidget(routerLabel);
    row->addWidget(router);
    row->addSpacing(6);
    row->addWidget(level);
    return row;
}

QWidget* NewRunPage::Parts::buildMiddle() {
    auto* middle = new QWidget;
    middle->setAttribute(Qt::WA_StyledBackground);
    middle->setProperty("role", "surface");
    description->setWordWrap(true);
    message->setWordWrap(true);
    message->hide();
    auto* head = new QVBoxLayout;
    head->setContentsMargins(32, 16, 32, 4);
    head->setSpacing(8);
    head->addLayout(buildTitle());
    head->addWidget(description);
    head->addWidget(study);
    head->addWidget(message);
    auto* lines = new QVBoxLayout(middle);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(0);
    lines->addLayout(head);
    lines->addWidget(form, 1);
    form->setBelow("data", data);
    return middle;
}

void NewRunPage::Parts::build() {
    page.setObjectName(QStringLiteral("newRunPage"));
    page.setAcceptDrops(true);
    auto* scroll = new QScrollArea;
    scroll->setWidget(estimate);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    right = scroll;
    auto* columns = new QHBoxLayout;
    columns->setSpacing(0);
    columns->addWidget(buildLeft());
    columns->addWidget(buildMiddle(), 1);
    columns->addWidget(right);
    auto* lines = new QVBoxLayout(&page);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(0);
    lines->addLayout(columns, 1);
    lines->addWidget(hairline());
    lines->addWidget(footer);
    lines->setSizeConstraint(QLayout::SetNoConstraint);
    for (QWidget* place : std::initializer_list<QWidget*>{presets, router, data, estimate, footer}) setPlaceHelp(place);
    inspectDelay->setSingleShot(true);
    inspectDelay->setInterval(kInspectDelayMs);
    estimate->setMeasurable(NewRunEngine::available());
    const auto follow = [this] {
        level->setVisible(levelReached(DetailLevel::standard));
        const bool all = levelReached(DetailLevel::expert) || (levelReached(DetailLevel::standard) && level->current() == 1 && shownLevel != DetailLevel::expert);
        shownLevel = preferences().level;
        level->setCurrent(all ? 1 : 0);
        form->setAllSettings(all);
    };
    QObject::connect(&PreferencesHub::instance(), &PreferencesHub::changed, &page, follow);
    follow();
}

void NewRunPage::Parts::connectParts() {
    QObject::connect(presets, &NewRunPresets::presetChosen, &page, &NewRunPage::setPreset);
    QObject::connect(router, &QComboBox::activated, &page, [this] { chooseRouter(); });
    QObject::connect(level, &plots::SegmentedControl::currentChanged, &page, [this](int at) { form->setAllSettings(at == 1); });
    QObject::connect(form, &NewRunForm::changed, &page, [this] { onChanged(); });
    QObject::connect(inspectDelay, &QTimer::timeout, &page, [this] { inspectIfNeeded(); });
    QObject::connect(&engine, &NewRunEngine::inspected, &page, [this](const DataFacts& found) { onInspected(found); });
    QObject::connect(&engine, &NewRunEngine::measured, estimate, &NewRunEstimate::setMeasured);
    QObject::connect(estimate, &NewRunEstimate::measureRequested, &page, [this] {
        estimate->setMeasuring();
        engine.measure(form->config());
    });
    QObject::connect(estimate, &NewRunEstimate::measureCancelled, &page, [this] {
        engine.stopMeasuring();
        estimate->setMeasured(telemetry::kNone, {});
    });
    QObject::connect(data, &NewRunDataBox::fileRequested, &page, [this] { choose(false); });
    QObject::connect(data, &NewRunDataBox::folderRequested, &page, [this] { choose(true); });
    QObject::connect(data, &NewRunDataBox::generatedRequested, &page, [this] { form->set("data.source", "\"domains\""); });
    QObject::connect(footer, &NewRunFooter::seedEdited, &page, [this](const QString& seed) {
        for (const char* key : {"training.seed", "data.seed"}) form->set(key, seed.trimmed().toStdString());
    });
    QObject::connect(footer, &NewRunFooter::pasteRequested, &page, [this] { paste(QGuiApplication::clipboard()->text()); });
    QObject::connect(footer, &NewRunFooter::problemsClicked, &page, [this] {
        form->goToProblem();
        level->setCurrent(form->allSettings() ? 1 : 0);
    });
    QObject::connect(footer, &NewRunFooter::cancelled, &page, &NewRunPage::cancelled);
    QObject::connect(footer, &NewRunFooter::trainClicked, &page, [this] { go(); });
    QObject::connect(footer, &NewRunFooter::seedCountChanged, &page, [this] { showStudy(); });
    QObject::connect(study, &NewRunStudy::changed, &page, [this] { showStudy(); });
}

/// How many runs it will be, and what keeps them from being trained.
void NewRunPage::Parts::showStudy() {
    const auto answer = study->work(form->config(), footer->seedCount(), footer->name());
    const auto* wrong = std::get_if<base::Problems>(&answer);
    const auto* runs = std::get_if<std::vector<config::StudyRun>>(&answer);
    footer->setRuns(runs ? runs->size() : 1);
    estimate->setRuns(runs ? runs->size() : 1);
    const std::size_t own = wrong && study->varies() && form->problems().empty() ? wrong->size() : 0;
    footer->setProblems(static_cast<int>(form->problems().size() + own));
}

/// One run starts at once, more are queued.
void NewRunPage::Parts::go() {
    auto answer = study->work(form->config(), footer->seedCount(), footer->name());
    auto* runs = std::get_if<std::vector<config::StudyRun>>(&answer);
    if (!runs) return say(std::get<base::Problems>(answer));
    if (runs->size() == 1) return emit page.trainRequested(runs->front().config, footer->name(), footer->tags());
    const QString name = footer->name().isEmpty() ? text(runs->front().config.preset) : footer->name(), varied = study->title();
    emit page.studyRequested({std::move(*runs), footer->tags(), varied.isEmpty() ? name : tr("%1: %2").arg(name, varied), {}, study->onlyKey()});
}

void NewRunPage::Parts::say(const base::Problems& problems) {
    QStringList sentences;
    for (const base::Problem& problem : problems) sentences << RunWords::oneLine(problem.text);
    message->setText(sentences.mid(0, 4).join(QLatin1Char('\n')));
    message->setVisible(!sentences.isEmpty());
}

void NewRunPage::Parts::start(const QString& presetId, const QString& routerId) {
    config::RunConfig base;
    base::Problems problems;
    try {
        for (const QString& id : {presetId, routerId})
            if (!id.isEmpty() && problems.empty()) problems = config::applyPreset(base, id.toStdString());
    } catch (const base::Error& error) {
        problems.push_back({"preset", error.happened() + ". " + error.advice() + "."});
    }
    say(problems);
    if (!problems.empty()) return;
    preset = presetId;
    const config::Preset *run = presets->find(presetId), *way = presets->find(routerId);
    from->setText(run ? tr("from %1").arg(text(run->title)) + (way ? tr(", router %1").arg(text(way->title)) : QString()) : QString());
    const config::Preset* told = way ? way : run;
    description->setText(told ? text(told->description) : QString());
    description->setToolTip(told ? text(told->lookFor) : QString());
    presets->setCurrentPreset(presetId);
    router->setCurrentIndex(std::max(0, router->findData(routerId)));
    form->setConfig(base, base);
}

void NewRunPage::Parts::chooseRouter() {
    const config::RunConfig edited = form->config();
    const std::vector<std::string> changed = form->changedKeys();
    const QString wanted = routerId();
    start(preset.isEmpty() ? QStringLiteral("eight_domains") : preset, wanted);
    config::RunConfig config = form->config();
    for (const std::string& key : changed)
        if (!belongsToRouter(key)) config::applySetting(config, key, config::settingJson(edited, key).value_or("null"));
    form->setConfig(form->base(), config);
}

std::int64_t NewRunPage::Parts::vocabulary() const {
    const config::RunConfig& config = form->config();
    if (config.model.vocabulary > 0) return config.model.vocabulary;
    if (asked && facts.vocabulary > 0 && inspectedData == config.data) return facts.vocabulary;
    return config.data.tokens == "bytes" ? kBytes : kCharsGuess;
}

void NewRunPage::Parts::onChanged() {
    const config::RunConfig& config = form->config();
    const bool known = config.model.vocabulary > 0 || (facts.vocabulary > 0 && inspectedData == config.data);
    if (form->problems().empty())
        estimate->setConfig(config, vocabulary(), known);
    else
        estimate->setUnknown();
    say(form->hiddenProblems());
    showStudy();
    footer->setRecipe(text(config::toRecipeString(config)));
    footer->setSeed(QString::number(config.training.seed));
    if (!asked || !(inspectedData == config.data)) inspectDelay->start();
}

void NewRunPage::Parts::inspectIfNeeded() {
    const config::RunConfig& config = form->config();
    if ((asked && inspectedData == config.data) || !NewRunEngine::available()) return;
    const auto& problems = form->problems();
    if (std::ranges::any_of(problems, [](const base::Problem& problem) { return problem.key.starts_with("data."); })) return data->clear();
    asked = true;
    inspectedData = config.data;
    facts = {};
    if (!isGenerated(config.data.source)) data->setReading();
    else data->clear();
    engine.inspect(config);
}

void NewRunPage::Parts::onInspected(const DataFacts& found) {
    facts = found;
    data->setFacts(found);
    if (form->problems().empty()) estimate->setConfig(form->config(), vocabulary(), facts.vocabulary > 0);
}

void NewRunPage::Parts::paste(const QString& recipe) {
    const ReadRecipe read = readRecipe(recipe);
    if (!read.problems.empty()) return say(read.problems);
    page.setConfig(read.config, tr("a recipe"));
}

void NewRunPage::Parts::choose(bool folder) {
    auto* dialog = new QFileDialog(&page, folder ? tr("Folder of texts") : tr("Text to train on"));
    dialog->setObjectName(QStringLiteral("sourceDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    QObject::connect(dialog, &QFileDialog::fileSelected, &page, [this](const QString& path) { page.setSourceFiles({path}); });
    dialog->open();
}

NewRunPage::NewRunPage(RunLibrary& library, EngineLink&, QWidget* parent) : QWidget(parent), m_parts(std::make_unique<Parts>(*this, library.storeFolder())) {
    m_parts->build();
    m_parts->connectParts();
    if (m_parts->presets->problem().isEmpty())
        setPreset(QStringLiteral("eight_domains"));
    else
        m_parts->say({{"preset", m_parts->presets->problem().toStdString()}});
}

NewRunPage::~NewRunPage() = default;

void NewRunPage::setPreset(const QString& id) { m_parts->start(id, {}); }

void NewRunPage::setConfig(const config::RunConfig& config, const QString& from) {
    m_parts->preset.clear();
    m_parts->presets->setCurrentPreset({});
    m_parts->router->setCurrentIndex(0);
    m_parts->from->setText(tr("from %1").arg(from));
    m_parts->description->clear();
    m_parts->say({});
    m_parts->form->setConfig(config, config);
}

void NewRunPage::setSourceFiles(const QStringList& paths) {
    const Dropped found = lookAt(paths, m_parts->store);
    if (found.kind == Dropped::recipe) {
        QFile file(found.path);
        return m_parts->paste(file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString());
    }
    QString problem = found.sentence, source = found.path;
    if (found.kind == Dropped::text && found.paths.size() > 1) source = gatherTexts(found.paths, m_parts->store, &problem);
    if (found.kind == Dropped::runHere || found.kind == Dropped::runElsewhere) problem = tr("This is the folder of a run, not a text. Open it from the File menu.");
    if (!problem.isEmpty()) m_parts->say({{"data.source", problem.toStdString()}});
    if (source.isEmpty() || found.kind != Dropped::text) return;
    const QFileInfo chosen(source);
    if (isGenerated(config().data.source)) setPreset(QStringLiteral("own_text"));
    config::RunConfig config = m_parts->form->config();
    config.data.source = chosen.absoluteFilePath().toStdString();
    m_parts->form->setConfig(m_parts->form->base(), config);
    if (!found.sentence.isEmpty()) m_parts->say({{"data.source", found.sentence.toStdString()}});
}

QSize NewRunPage::minimumSizeHint() const { return {640, 400}; }

const config::RunConfig& NewRunPage::config() const { return m_parts->form->config(); }

void NewRunPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const bool narrow = width() < kNarrow;
    m_parts->left->setFixedWidth(narrow ? 188 : kPresetsWidth);
    m_parts->right->setFixedWidth(narrow ? 228 : kEstimateWidth);
    m_parts->routerLabel->setVisible(!narrow);
    m_parts->estimate->setNarrow(narrow);
}

void NewRunPage::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void NewRunPage::dropEvent(QDropEvent* event) {
    QStringList paths;
    for (const QUrl& url : event->mimeData()->urls())
        if (url.isLocalFile()) paths << url.toLocalFile();
    setSourceFiles(paths);
    event->acceptProposedAction();
}

}  // namespace moescope::ui
