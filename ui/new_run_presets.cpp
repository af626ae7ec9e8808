// The presets' order and rows.
#include "ui/new_run_presets.hpp"

#include <QStandardItemModel>

#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "ui/two_line_delegate.hpp"

namespace moescope::ui {
namespace {

constexpr int kIdRole = Qt::UserRole + 1;

/// Those a newcomer should meet first come first; presets not named here follow in the folder's order.
constexpr std::array kFirst = {"collapse", "collapse_and_cure", "balanced_to_death", "full_desks", "four_alphabets", "one_alphabet", "eight_domains", "small_experts", "plane", "plane_spirals",
                               "plane_em", "own_text", "dense_chars", "tiny", "small", "mid"};

std::ptrdiff_t placeOf(const config::Preset& preset) { return std::ranges::find(kFirst, preset.id) - kFirst.begin(); }

QString text(const std::string& value) { return QString::fromStdString(value); }

QString dataWords(const config::RunConfig& config) {
    const config::DataConfig& data = config.data;
    if (config::isPlane(config)) return NewRunPresets::tr("%1 on the plane").arg(text(config.plane.problem));
    if (data.source == "random") return NewRunPresets::tr("random tokens");
    if (data.source == "domains") return NewRunPresets::tr("%1 domains").arg(data.domains.size());
    return NewRunPresets::tr("your text");
}

/// What it trains, in one line: "8 experts, k = 1, 8 domains".
QString brief(const config::Preset& preset) {
    config::RunConfig config;
    if (!config::applyJson(config, preset.configJson).empty()) return {};
    const config::MoeConfig& moe = config.moe;
    const QString experts = moe.experts == 0 ? NewRunPresets::tr("dense") : config.router.select == "all" ? NewRunPresets::tr("%1 experts, all at once").arg(moe.experts * moe.granularity) : NewRunPresets::tr("%1 experts, k = %2").arg(moe.experts * moe.granularity).arg(moe.top_k * moe.granularity);
    const bool own = preset.id == "own_text" || config.data.source.empty();
    return experts + QStringLiteral(", ") + (own ? NewRunPresets::tr("your text") : dataWords(config));
}

}  // namespace

NewRunPresets::NewRunPresets(QWidget* parent) : QListView(parent), m_model(new QStandardItemModel(this)) {
    setObjectName(QStringLiteral("presetList"));
    setAccessibleName(tr("Presets"));
    setFrameShape(QFrame::NoFrame);
    setEditTriggers(NoEditTriggers);
    setMouseTracking(true);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setItemDelegate(new TwoLineDelegate(&plots::Theme::window, this));
    setModel(m_model);
    try {
        m_presets = config::listPresets();
    } catch (const base::Error& error) {
        m_problem = text(error.happened() + ". " + error.advice() + ".");
    }
    std::vector<const config::Preset*> runs;
    for (const config::Preset& preset : m_presets)
        if (preset.kind == config::PresetKind::run) runs.push_back(&preset);
    std::ranges::stable_sort(runs, {}, [](const config::Preset* preset) { return placeOf(*preset); });
    for (const config::Preset* preset : runs) {
        auto* item = new QStandardItem(text(preset->title));
        item->setData(text(preset->id), kIdRole);
        item->setData(brief(*preset), kSecondLineRole);
        item->setToolTip(QStringLiteral("<p>") + text(preset->description).toHtmlEscaped() + QStringLiteral("</p>"));
        m_model->appendRow(item);
    }
    connect(selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (index.isValid() && !signalsBlocked()) emit presetChosen(index.data(kIdRole).toString());
    });
}

const config::Preset* NewRunPresets::find(const QString& id) const {
    const auto found = std::ranges::find(m_presets, id.toStdString(), &config::Preset::id);
    return found == m_presets.end() ? nullptr : &*found;
}

void NewRunPresets::setCurrentPreset(const QString& id) {
    const QSignalBlocker quiet(this);
    const QModelIndexList found = m_model->match(m_model->index(0, 0), kIdRole, id, 1, Qt::MatchExactly);
    if (found.isEmpty())
        clearSelection();
    else
        setCurrentIndex(found.front());
    viewport()->update();
}

}  // namespace moescope::ui
