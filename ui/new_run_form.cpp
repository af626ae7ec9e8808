// Sections, values in and out, problems at their fields.
#include "ui/new_run_form.hpp"

#include <QFrame>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <set>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/validate.hpp"
#include "plots/theme.hpp"
#include "ui/preferences.hpp"
#include "ui/setting_field.hpp"

namespace moescope::ui {

struct NewRunForm::Section {
    const char* group;
    const char* title;
    std::vector<const char*> keys;
};

namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }
std::string groupOf(const std::string& key) { return key.substr(0, key.find('.')); }

QLabel* heading(const QString& title) {
    auto* label = new QLabel(title);
    label->setProperty("role", "title");
    label->setFont(plots::uiFont(13, QFont::DemiBold));
    return label;
}

QFrame* hairline() {
    auto* line = new QFrame;
    line->setProperty("role", "hairline");
    return line;
}

/// What the lessons turn. A field below its level is shown all the same when it differs from the preset or has a problem.
constexpr std::array kLearner = {"data.source", "moe.experts", "moe.top_k", "balance.coefficient", "training.steps", "training.lr"};
/// Does the setting mean anything to a run of this family? Text, tokens and transformer blocks do not exist on the plane.
bool applies(std::string_view key, bool plane) {
    static constexpr std::string_view kText[] = {"data.source", "data.tokens", "data.domains", "data.document_length", "data.alternate", "data.validation", "data.validation_source",
                                                 "model.width", "model.heads", "model.kv_heads", "model.head_width", "model.layers", "model.activation", "model.ffn_width", "model.tied_head",
                                                 "model.norm", "model.norm_epsilon", "model.rope_base", "model.qk_norm", "model.dropout", "model.vocabulary", "model.context", "moe.shared_experts",
                                                 "moe.shared_gate", "moe.every", "moe.first_dense", "moe.residual", "moe.residual_target", "moe.residual_coefficient", "moe.residual_dropout", "moe.pyramid", "moe.zero_experts", "moe.copy_experts", "moe.constant_experts", "moe.pattern", "training.precision", "telemetry.sample_every"};
    return plane ? std::ranges::find(kText, key) == std::end(kText) && !key.starts_with("distillation.") : !key.starts_with("plane.");
}

/// Ways out that are sure to help, for the problems people meet most.
std::vector<SettingFix> fixesFor(const base::Problem& problem, const config::RunConfig& config) {
    if (problem.key == "router.score" && config.moe.top_k * config.moe.granularity == 1 && config.router.score == "softmax_selected")
        return {{NewRunForm::tr("Use softmax all"), "router.score", "\"softmax_all\""}, {NewRunForm::tr("Set k = 2"), "moe.top_k", "2"}};
    return {};
}

}  // namespace

NewRunForm::NewRunForm(QWidget* parent) : QScrollArea(parent) {
    static const std::vector<Section> sections{
        {"data", QT_TR_NOOP("Data"), {"data.source", "data.tokens", "model.context", "training.batch"}},
        {"model", QT_TR_NOOP("Model"), {"model.layers", "model.width", "model.heads", "model.activation"}},
        {"plane", QT_TR_NOOP("Plane"), {"plane.problem", "plane.noise", "plane.expert", "plane.criterion", "plane.sigma", "plane.fit"}},
        {"moe", QT_TR_NOOP("Mixture"), {"moe.experts", "moe.top_k", "moe.expert_width", "moe.granularity", "moe.shared_experts"}},
        {"router", QT_TR_NOOP("Router"), {"router.score", "router.select", "router.weigh", "router.noise", "router.noise_scale"}},
        {"capacity", QT_TR_NOOP("Capacity"), {"capacity.factor", "capacity.priority"}},
        {"balance", QT_TR_NOOP("Balance"), {"balance.kind", "balance.coefficient", "balance.scope", "balance.z_coefficient"}},
        {"training", QT_TR_NOOP("Training"), {"training.steps", "training.lr", "training.warmup", "training.schedule", "training.device", "training.pace"}},
        {"distillation", QT_TR_NOOP("Distillation"), {"distillation.teacher", "distillation.beta", "distillation.until"}},
        {"telemetry", QT_TR_NOOP("Telemetry"), {}},
        {"script", QT_TR_NOOP("Script"), {}}};
    setObjectName(QStringLiteral("newRunForm"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* content = new QWidget;
    content->setAttribute(Qt::WA_StyledBackground);
    content->setProperty("role", "surface");
    auto* page = new QVBoxLayout(content);
    page->setContentsMargins(32, 8, 32, 24);
    page->setSpacing(12);
    for (const Section& section : sections) buildSection(section, *page);
    page->addStretch();
    setWidget(content);
    connect(&PreferencesHub::instance(), &PreferencesHub::changed, this, &NewRunForm::showLevel);
    showLevel();
}

void NewRunForm::buildSection(const Section& section, QVBoxLayout& page) {
    auto* box = new QWidget;
    auto* lines = new QVBoxLayout(box);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(5);
    if (page.count() > 0) {
        lines->addWidget(hairline());
        lines->addSpacing(6);
    }
    lines->addWidget(heading(tr(section.title)));
    m_sections[section.group] = lines;
    m_boxes.push_back(box);
    for (const char* key : section.keys) addField(key, *lines);
    page.addWidget(box);
}

void NewRunForm::addField(const std::string& key, QVBoxLayout& lines) {
    static const std::vector<config::SettingInfo> all = config::listSettings();
    const auto info = std::ranges::find(all, key, &config::SettingInfo::key);
    if (info == all.end()) return;
    SettingField* field = SettingField::make(*info, this);
    m_fields[key] = field;
    lines.addWidget(field);
    connect(field, &SettingField::edited, this, [this](const QString& edited, const QString& json) { set(edited.toStdString(), json.toStdString()); });
    connect(field, &SettingField::resetRequested, this, [this](const QString& reset) {
        set(reset.toStdString(), config::settingJson(m_base, reset.toStdString()).value_or("null"));
    });
}

void NewRunForm::addRest() {
    m_restBuilt = true;
    for (const config::SettingInfo& info : config::listSettings()) {
        if (m_fields.contains(info.key)) continue;
        const auto lines = m_sections.find(groupOf(info.key));
        if (lines == m_sections.end()) continue;
        addField(info.key, *lines->second);
        m_rest.push_back(m_fields[info.key]);
    }
}

void NewRunForm::setAllSettings(bool all) {
    m_all = all;
    if (all && !m_restBuilt) addRest();
    showValues();
}

bool NewRunForm::isShown(const std::string& key, const QWidget* field) const {
    if (m_all || levelReached(DetailLevel::standard) || std::ranges::find(kLearner, key) != kLearner.end()) return true;
    const bool changed = config::settingJson(m_config, key) != config::settingJson(m_base, key) || m_typing.contains(key);
    return changed || std::ranges::any_of(m_problems, [&](const base::Problem& problem) { return this->field(problem.key) == field; });
}

// A setting of another family is not there, and neither is a section without settings.
void NewRunForm::showLevel() {
    const bool plane = config::isPlane(m_config);
    std::set<QWidget*> used;
    for (const auto& [key, field] : m_fields) {
        const bool rest = std::ranges::find(m_rest, field) != m_rest.end();
        const bool seen = applies(key, plane) && (rest ? m_all : isShown(key, field));
        field->setVisible(seen);
        if (seen) used.insert(field->parentWidget());
    }
    for (QWidget* box : m_boxes) box->setVisible(used.contains(box));
    if (m_below) m_below->setVisible(!plane);
}

SettingField* NewRunForm::field(const std::string& key) const {
    auto at = m_fields.find(key);
    // "data.domains.0.weight" belongs to the field of "data.domains".
    for (std::string part = key; at == m_fields.end() && part.rfind('.') != std::string::npos;) {
        part.resize(part.rfind('.'));
        at = m_fields.find(part);
    }
    return at == m_fields.end() || !applies(at->first, config::isPlane(m_config)) || (!m_all && std::ranges::find(m_rest, at->second) != m_rest.end()) ? nullptr : at->second;
}

void NewRunForm::setConfig(const config::RunConfig& base, const config::RunConfig& config) {
    m_base = base;
    m_config = config;
    m_typing.clear();
    showValues();
    emit changed();
}

std::vector<std::string> NewRunForm::changedKeys() const {
    std::vector<std::string> keys;
    for (const config::SettingDifference& difference : config::differences({m_base, m_config})) keys.push_back(difference.key);
    return keys;
}

void NewRunForm::set(const std::string& key, const std::string& json) {
    config::RunConfig config = m_config;
    if (base::Problems problems = config::applySetting(config, key, json); !problems.empty())
        m_typing[key] = std::move(problems);
    else {
        m_typing.erase(key);
        m_config = std::move(config);
    }
    showValues();
    emit changed();
}

void NewRunForm::showValues() {
    for (const auto& [key, field] : m_fields) {
        const std::string value = config::settingJson(m_config, key).value_or(""), preset = config::settingJson(m_base, key).value_or("");
        if (!m_typing.contains(key)) field->setJson(value);
        field->setPreset(value == preset && !m_typing.contains(key) ? std::string() : preset);
    }
    check();
}

void NewRunForm::check() {
    m_problems.clear();
    for (const auto& [key, problems] : m_typing) m_problems.insert(m_problems.end(), problems.begin(), problems.end());
    for (base::Problem& problem : config::validate(m_config))
        if (!m_typing.contains(problem.key)) m_problems.push_back(std::move(problem));
    std::map<SettingField*, const base::Problem*> at;
    for (const base::Problem& problem : m_problems)
        if (SettingField* where = field(problem.key)) at.emplace(where, &problem);
    for (const auto& [key, field] : m_fields) {
        const auto found = at.find(field);
        if (found == at.end())
            field->setProblem({});
        else
            field->setProblem(text(found->second->text), fixesFor(*found->second, m_config));
    }
    showLevel();
}

base::Problems NewRunForm::hiddenProblems() const {
    base::Problems hidden;
    std::ranges::copy_if(m_problems, std::back_inserter(hidden), [this](const base::Problem& problem) { return !field(problem.key); });
    return hidden;
}

void NewRunForm::setBelow(const char* section, QWidget* widget) {
    m_sections.at(section)->addWidget(widget);
    m_below = widget;
}

void NewRunForm::goToProblem() {
    if (m_problems.empty()) return;
    if (!field(m_problems.front().key)) setAllSettings(true);
    SettingField* where = field(m_problems.front().key);
    if (!where) return;
    ensureWidgetVisible(where, 0, 60);
    if (auto* editor = where->findChild<QWidget*>(text(where->key()))) editor->setFocus();
}

}  // namespace moescope::ui
