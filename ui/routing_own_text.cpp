// The field, the file, the question and its answer.
#include "ui/routing_own_text.hpp"

#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/utf8.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;
using telemetry::ProbeSnapshot;

constexpr int kFieldHeight = 76, kSoonMs = 500, kMostBytes = 1 << 16, kNamedCharacters = 6;

float real(const Json& value) { return value.is_number() ? value.get<float>() : std::numeric_limits<float>::quiet_NaN(); }

void addToken(ProbeSnapshot& probe, const Json& token) {
    probe.tokenIds.push_back(token.at("id").get<std::int32_t>());
    probe.tokenTexts.push_back(token.at("text").get<std::string>());
    probe.losses.push_back(real(token.at("loss")));
}

// One layer of one token; its arrays must have the announced widths.
void addLayer(ProbeSnapshot& probe, const Json& layer) {
    const Json &experts = layer.at("experts"), &weights = layer.at("weights"), &kept = layer.at("kept"), &logits = layer.at("logits");
    const auto width = static_cast<std::size_t>(probe.slotsPerToken);
    if (experts.size() != width || weights.size() != width || kept.size() != width || logits.size() != static_cast<std::size_t>(probe.experts)) throw Json::other_error::create(0, "shape", &layer);
    for (std::size_t slot = 0; slot < width; ++slot) {
        const int expert = experts[slot].get<int>();
        if (expert >= probe.experts) throw Json::other_error::create(0, "expert", &layer);
        probe.expertIds.push_back(static_cast<std::int16_t>(std::max(-1, expert)));
        probe.weights.push_back(real(weights[slot]));
        probe.kept.push_back(kept[slot].get<bool>() ? 1 : 0);
    }
    for (const Json& logit : logits) probe.logits.push_back(real(logit));
}

ProbeSnapshot probeOf(const Json& json) {
    ProbeSnapshot probe;
    const Json& tokens = json.at("tokens");
    probe.step = json.at("step").get<std::int64_t>();
    probe.sequenceLength = json.at("sequence_length").get<std::int32_t>();
    probe.experts = json.at("expert_count").get<std::int32_t>();
    probe.slotsPerToken = json.at("slots").get<std::int32_t>();
    probe.tokens = static_cast<std::int32_t>(tokens.size());
    if (!tokens.empty()) {
        probe.layers = static_cast<std::int32_t>(tokens[0].at("layers").size());
        for (const Json& layer : tokens[0].at("layers")) probe.moeLayerIndex.push_back(layer.at("layer").get<std::int32_t>());
    }
    for (const Json& token : tokens) addToken(probe, token);
    for (std::size_t layer = 0; layer < static_cast<std::size_t>(probe.layers); ++layer)
        for (const Json& token : tokens) addLayer(probe, token.at("layers").at(layer));
    return probe;
}

}  // namespace

OwnReading readOwnReading(const QByteArray& line) {
    const Json json = Json::parse(line.constData(), line.constData() + line.size(), nullptr, false);
    OwnReading reading;
    if (!json.is_object() || !json.contains("tokens")) return reading;
    try {
        auto found = std::make_shared<RoutingSnapshot>();
        found->probe = probeOf(json);
        for (std::int32_t layer = 0; layer < found->probe.layers; ++layer) found->layers.push_back(telemetry::specialise(found->probe, layer, 0));
        for (const Json& each : json.value("unknown", Json::array())) reading.unknown.push_back({QString::fromStdString(each.at("character").get<std::string>()), each.at("count").get<int>()});
        reading.snapshot = found;
    } catch (const Json::exception&) {
        return {};
    }
    return reading;
}

OwnText::OwnText(QWidget* parent) : QWidget(parent), m_edit(new QPlainTextEdit), m_status(new QLabel) {
    setObjectName(QStringLiteral("ownText"));
    askFile = [this] { return QFileDialog::getOpenFileName(this, tr("Text to read"), {}, tr("Text (*.txt *.md *.text);;All files (*)")); };
    m_edit->setObjectName(QStringLiteral("ownTextField"));
    m_edit->setAccessibleName(tr("Your own text"));
    m_edit->setPlaceholderText(tr("Type or paste a text: the model reads it, and every token shows its experts"));
    m_edit->setFont(plots::monoFont(13));
    m_edit->setFixedHeight(kFieldHeight);
    m_edit->setTabChangesFocus(true);
    m_status->setObjectName(QStringLiteral("ownTextStatus"));
    m_status->setFont(plots::uiFont(12));
    m_status->setWordWrap(true);
    auto* file = new QPushButton(tr("Open file\u2026"));
    file->setObjectName(QStringLiteral("ownTextFile"));
    file->setProperty("kind", "ghost");
    auto* foot = new QHBoxLayout;
    foot->setSpacing(8);
    foot->addWidget(m_status, 1);
    foot->addWidget(file, 0, Qt::AlignTop);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 8, 0);
    column->setSpacing(4);
    column->addWidget(m_edit);
    column->addLayout(foot);
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSoonMs);
    connect(&m_soon, &QTimer::timeout, this, &OwnText::ask);
    connect(m_edit, &QPlainTextEdit::textChanged, this, [this] { m_soon.start(); });
    connect(file, &QPushButton::clicked, this, &OwnText::open);
}

void OwnText::take(const QByteArray& output, const QString& problem) {
    OwnReading reading = problem.isEmpty() ? readOwnReading(output.trimmed().split('\n').back()) : OwnReading();
    if (!problem.isEmpty()) return said(problem, true);
    if (!reading.snapshot) return said(tr("The engine gave no answer that can be read."), true);
    m_reading = std::move(reading);
    QString words = tr("%1 tokens, read by the checkpoint of step %2.").arg(m_reading.snapshot->probe.tokens).arg(m_reading.snapshot->probe.step);
    if (m_later >= 0) words += tr(" There is none at or before the shown step.");
    QStringList named;
    for (const UnknownCharacter& each : m_reading.unknown)
        if (named.size() < kNamedCharacters) named << QStringLiteral("%1 (%2)").arg(tokenWord(each.character)).arg(each.count);
    if (static_cast<int>(m_reading.unknown.size()) > kNamedCharacters) named << QStringLiteral("\u2026");
    if (!named.isEmpty()) words += tr(" Not in this run's vocabulary: %1; the model reads each as one unknown token, \uFFFD.").arg(named.join(QStringLiteral(", ")));
    said(words, false);
    emit changed();
}

QString OwnText::status() const { return m_status->text(); }

void OwnText::setText(const QString& text) { m_edit->setPlainText(text); }

void OwnText::said(const QString& sentence, bool problem) {
    m_status->setText(sentence);
    m_status->setProperty("role", problem ? "err" : m_reading.unknown.empty() ? "hint" : "warn");
    m_status->style()->unpolish(m_status);
    m_status->style()->polish(m_status);
}

void OwnText::setModel(const RoutingShown& shown) {
    std::int64_t before = -1, first = -1;
    for (const storage::CheckpointRow& row : shown.run->checkpoints()) {
        if (row.state != "good" && row.state != "verified") continue;
        if (first < 0 || row.step < first) first = row.step;
        if (static_cast<double>(row.step) <= shown.step + 1e-6) before = std::max(before, row.step);
    }
    const std::int64_t checkpoint = before >= 0 ? before : first;
    if (shown.folder == m_folder && checkpoint == m_checkpoint) return;
    m_folder = shown.folder;
    m_run = QString::fromStdString(shown.run->meta().ulid);
    m_checkpoint = checkpoint;
    m_later = before >= 0 ? -1 : first;
    m_reading = {};
    m_soon.start();
}

void OwnText::open() {
    const QString name = askFile();
    if (name.isEmpty()) return;
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly)) return said(tr("%1 cannot be read: %2.").arg(QFileInfo(name).fileName(), file.errorString()), true);
    QByteArray text = file.read(kMostBytes);
    text.chop(static_cast<qsizetype>(base::incompleteUtf8Tail({text.constData(), static_cast<std::size_t>(text.size())})));
    const auto valid = static_cast<qsizetype>(base::validUtf8Prefix({text.constData(), static_cast<std::size_t>(text.size())}));
    if (valid < text.size()) return said(tr("%1 is no UTF-8 text: the byte at %2 is none. Convert it first.").arg(QFileInfo(name).fileName()).arg(valid), true);
    setText(QString::fromUtf8(text));
    if (file.size() > kMostBytes) said(tr("Only the first 64 KB of %1 are read.").arg(QFileInfo(name).fileName()), false);
}

void OwnText::ask() {
    m_question.stop();
    const QByteArray text = m_edit->toPlainText().toUtf8().left(kMostBytes);
    if (m_checkpoint < 0) return said(tr("This run has no checkpoint yet that could read a text; one is kept every training.checkpoint_every steps and at the end."), true);
    if (text.isEmpty()) {
        m_reading = {};
        said(tr("The checkpoint of step %1 will read it.").arg(m_checkpoint), false);
        emit changed();
        return;
    }
    said(tr("The checkpoint of step %1 reads the text\u2026").arg(m_checkpoint), false);
    m_question.setStore(storeOfRun(m_folder));
    const QStringList verb{QStringLiteral("probe"), m_run + QLatin1Char('@') + QString::number(m_checkpoint), QStringLiteral("--text"), QStringLiteral("-"), QStringLiteral("--tokens")};
    if (!m_question.ask(verb, text, [this](const QByteArray& answer, const QString& problem) { take(answer, problem); }))
        said(tr("There is no moescope-engine here that could read it. Build it, or name it in MOESCOPE_ENGINE."), true);
}

}  // namespace moescope::ui
