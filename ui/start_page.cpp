// Layout of the start page.
#include "ui/start_page.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "plots/icons.hpp"
#include "plots/miniatures.hpp"
#include "plots/theme.hpp"
#include "ui/run_library.hpp"
#include "ui/start_page_gallery.hpp"
#include "ui/start_page_pictures.hpp"
#include "ui/start_page_runs.hpp"

namespace moescope::ui {
namespace {

constexpr int kColumn = 1056, kTileHeight = 316, kPictureHeight = 122, kTileSide = 20;

QLabel* label(const QString& text, const QFont& font, const char* role, QWidget* parent) {
    auto* made = new QLabel(text, parent);
    made->setFont(font);
    made->setProperty("role", role);
    made->setWordWrap(true);
    return made;
}

}  // namespace

StartPage::StartPage(RunLibrary& library, QWidget* parent) : QWidget(parent), m_library(library) {
    setObjectName(QStringLiteral("startPage"));
    setProperty("role", "window");
    setAttribute(Qt::WA_StyledBackground);
    static constexpr Tile kTiles[] = {
        {"demoTile", "collapse", QT_TR_NOOP("Expert collapse and its cure"), QT_TR_NOOP("Seven of eight experts fall idle while the loss looks fine. Turn up the balance and watch them wake."),
         QT_TR_NOOP("Start the demo"), "play", QT_TR_NOOP("about 60 s")},
        {"alphabetsTile", "four_alphabets", QT_TR_NOOP("Mute and watch"), QT_TR_NOOP("Four toy languages find four experts. Mute an expert with a right click on its bar and see which language breaks."),
         QT_TR_NOOP("Train"), "play", QT_TR_NOOP("about a minute")},
        {"ownTextTile", nullptr, QT_TR_NOOP("Train on my own text"), QT_TR_NOOP("Drop text files or a folder anywhere in this window. Each file becomes a domain."),
         QT_TR_NOOP("Choose files"), "file", ""}};
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    outer->addWidget(scroll);
    auto* page = new QWidget(scroll);
    page->setProperty("role", "window");
    scroll->setWidget(page);
    auto* wide = new QHBoxLayout(page);
    auto* body = new QWidget(page);
    body->setMaximumWidth(kColumn);
    wide->addStretch(1);
    wide->addWidget(body, 1000);
    wide->addStretch(1);
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(16, 36, 16, 16);
    column->setSpacing(0);
    column->addWidget(label(tr("See what the router does"), plots::displayFont(28), "title", body));
    column->addSpacing(8);
    column->addWidget(label(tr("Train a small Mixture of Experts on this computer, watch every expert, change anything while it runs."), plots::uiFont(15), "label", body));
    column->addSpacing(22);
    auto* tiles = new QHBoxLayout;
    tiles->setSpacing(16);
    for (const Tile& tile : kTiles) tiles->addWidget(makeTile(tile, &tile == kTiles), 1);
    column->addLayout(tiles);
    column->addSpacing(28);
    m_notice = label({}, plots::uiFont(13), "warn", body);
    m_notice->setObjectName(QStringLiteral("engineNotice"));
    m_notice->hide();
    column->addWidget(m_notice);
    column->addSpacing(12);
    auto* lists = new QHBoxLayout;
    lists->setSpacing(32);
    lists->addWidget(makeRecent(body), 1, Qt::AlignTop);
    lists->addWidget(makeGallery(body), 1, Qt::AlignTop);
    column->addLayout(lists);
    column->addSpacing(16);
    column->addStretch(1);
    column->addWidget(label(tr("Everything runs and stays on this computer."), plots::uiFont(12), "unit", body));
    connect(&m_library, &RunLibrary::changed, this, &StartPage::showRuns);
    showRuns();
}

QWidget* StartPage::makeRecent(QWidget* parent) {
    auto* box = new QWidget(parent);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->addWidget(label(tr("Recent runs"), plots::uiFont(13, QFont::DemiBold), "title", box));
    auto* open = new QPushButton(tr("Open a run…"), box);
    open->setObjectName(QStringLiteral("openRunButton"));
    open->setProperty("kind", "link");
    connect(open, &QPushButton::clicked, this, &StartPage::openRequested);
    head->addWidget(open);
    head->addStretch(1);
    m_unit = label(tr("validation loss, nats/token"), plots::uiFont(12), "unit", box);
    m_unit->setWordWrap(false);
    head->addWidget(m_unit);
    column->addLayout(head);
    auto* line = new QFrame(box);
    line->setProperty("role", "hairline");
    column->addWidget(line);
    m_recent = new RecentRuns(m_library, box);
    column->addWidget(m_recent);
    m_noRuns = label(tr("None yet. The first one appears here by itself, also when it was started on the command line."), plots::uiFont(12), "unit", box);
    m_noRuns->setObjectName(QStringLiteral("noRecentRuns"));
    column->addWidget(m_noRuns);
    connect(m_recent, &RecentRuns::runActivated, this, &StartPage::runActivated);
    return box;
}

QWidget* StartPage::makeGallery(QWidget* parent) {
    auto* box = new QWidget(parent);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* head = label(tr("Presets, and what goes wrong in some of them"), plots::uiFont(13, QFont::DemiBold), "title", box);
    head->setMinimumHeight(20);
    column->addWidget(head);
    auto* line = new QFrame(box);
    line->setProperty("role", "hairline");
    column->addWidget(line);
    auto* gallery = new PresetGallery(box);
    connect(gallery, &PresetGallery::chosen, this, &StartPage::presetChosen);
    column->addWidget(gallery);
    return box;
}

QWidget* StartPage::makePicture(const Tile& tile, QWidget* parent) {
    if (!tile.preset) {
        auto* icon = new QLabel(parent);
        icon->setAlignment(Qt::AlignCenter);
        const auto draw = [icon] { icon->setPixmap(plots::iconPixmap(QStringLiteral("file"), 40, plots::theme().text3, icon->devicePixelRatioF())); };
        draw();
        connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, icon, draw);
        return icon;
    }
    if (QLatin1String(tile.preset) != QLatin1String("collapse")) return new SharePicture(parent);
    m_demo = new plots::Fingerprint(parent);
    m_demo->setLarge(true);
    return m_demo;
}

QFrame* StartPage::makeTile(const Tile& tile, bool primary) {
    auto* frame = new QFrame(this);
    frame->setObjectName(QString::fromLatin1(tile.name));
    frame->setProperty("role", tile.preset ? "tile" : "dropTile");
    frame->setFixedHeight(kTileHeight);
    auto* column = new QVBoxLayout(frame);
    column->setContentsMargins(kTileSide, kTileSide, kTileSide, 16);
    column->setSpacing(8);
    QWidget* picture = makePicture(tile, frame);
    picture->setFixedHeight(kPictureHeight);
    column->addWidget(picture);
    column->addSpacing(10);
    column->addWidget(label(tr(tile.title), plots::uiFont(15, QFont::DemiBold), "title", frame));
    column->addWidget(label(tr(tile.text), plots::uiFont(13), "label", frame));
    column->addStretch(1);
    auto* foot = new QHBoxLayout;
    auto* button = new QPushButton(QStringLiteral(" ") + tr(tile.button), frame);
    button->setObjectName(QString::fromLatin1(tile.name) + QStringLiteral("Button"));
    button->setProperty("kind", primary ? "tallPrimary" : "tall");
    button->setFont(plots::uiFont(13, primary ? QFont::DemiBold : QFont::Medium));
    button->setIcon(plots::icon(QString::fromLatin1(tile.icon), primary ? plots::Ink::chosen(plots::theme().onAccent) : plots::Ink{plots::Ink::Text, 0, 0, {}}));
    foot->addWidget(button);
    foot->addStretch(1);
    if (*tile.note) {
        auto* note = label(tr(tile.note), plots::uiFont(12), "unit", frame);
        note->setWordWrap(false);
        foot->addWidget(note);
    }
    column->addLayout(foot);
    if (tile.preset) connect(button, &QPushButton::clicked, this, [this, id = QString::fromLatin1(tile.preset)] { emit presetRequested(id); });
    else connect(button, &QPushButton::clicked, this, &StartPage::ownTextRequested);
    return frame;
}

void StartPage::setEngineMissing(bool missing) {
    m_notice->setText(tr("You can look at stored runs. Training and generating need moescope-engine: build it, or name it in MOESCOPE_ENGINE."));
    m_notice->setVisible(missing);
    for (const char* name : {"demoTileButton", "alphabetsTileButton", "ownTextTileButton"})
        if (auto* button = findChild<QPushButton*>(QString::fromLatin1(name))) button->setVisible(!missing);
}

void StartPage::showRuns() {
    const bool none = m_library.runs()->empty();
    m_recent->setVisible(!none);
    m_unit->setVisible(!none);
    m_noRuns->setVisible(none && m_library.loaded());
    m_demo->setData(demoPicture(*m_library.runs()));
}

}  // namespace moescope::ui
