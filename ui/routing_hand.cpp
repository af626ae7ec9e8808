// The editable table, what the engine says of it, and the settings beside it.
#include "ui/routing_hand.hpp"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QPushButton>
#include <QSaveFile>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "plots/figures.hpp"
#include "ui/hand_cells.hpp"
#include "ui/hand_settings.hpp"
#include "ui/routing_headings.hpp"
#include "ui/routing_table.hpp"

namespace moescope::ui {
namespace {

using plots::Figure;

constexpr int kSide = 300, kWaitMs = 60, kLeastColumn = 62, kMostColumn = 92, kGutter = 92;

QPushButton* button(const char* name, const QString& text, const QString& note) {
    auto* made = new QPushButton(text);
    made->setObjectName(QLatin1String(name));
    made->setProperty("kind", "ghost");
    made->setToolTip(note);
    return made;
}

}  // namespace

RoutingHand::RoutingHand(QWidget* parent)
    : RoutingView(parent), m_data(firstHandTable()), m_preset(new QComboBox), m_about(routingLabel("label", 12)), m_message(routingLabel("err", 12)), m_losses(routingLabel("label", 12)),
      m_logits(new HandCells(true)), m_results(new HandCells(false)), m_settings(new HandSettings), m_stack(new QStackedWidget), m_table(new RoutingTable) {
    setObjectName(QStringLiteral("routingHand"));
    askFile = [this] { return QFileDialog::getSaveFileName(this, tr("Save the table and its answer"), QStringLiteral("router.json"), tr("JSON (*.json);;Table (*.csv)")); };
    m_table->setObjectName(QStringLiteral("handTable"));
    m_table->setAccessibleName(tr("Logits, choices and gradient of each token and expert"));
    auto* picture = new QWidget;
    auto* columns = new QHBoxLayout(picture);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(24);
    columns->addWidget(buildLeft(), 1);
    columns->addWidget(buildRight());
    m_stack->addWidget(picture);
    m_stack->addWidget(m_table);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 8, 8, 8);
    column->addWidget(m_stack);
    m_waiting.setSingleShot(true);
    m_waiting.setInterval(kWaitMs);
    connect(&m_waiting, &QTimer::timeout, this, &RoutingHand::ask);
    connect(&m_engine, &RouteEngine::answered, this, &RoutingHand::onReply);
    fillPresets();
}

QWidget* RoutingHand::buildLeft() {
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    auto* paste = button("handPaste", tr("Paste"), tr("Numbers from a spreadsheet, or the JSON of moescope-engine route"));
    auto* copy = button("handCopy", tr("Copy JSON"), tr("The input of moescope-engine route --input -"));
    auto* save = button("handSave", tr("Save\u2026"), tr("Table and answer as JSON or CSV"));
    QHBoxLayout* head = routingHeading(tr("Logits"), m_logitsNote);
    for (QPushButton* each : {paste, copy, save}) head->addWidget(each);
    column->addLayout(head);
    m_logits->setObjectName(QStringLiteral("handLogits"));
    m_logits->setAccessibleName(tr("Logits: tokens down, experts across; type to change one"));
    m_message->setObjectName(QStringLiteral("handMessage"));
    m_message->setWordWrap(true);
    m_message->hide();
    column->addWidget(m_logits, 3);
    column->addWidget(m_message);
    column->addSpacing(4);
    column->addLayout(routingHeading(tr("What comes of it"), m_resultsNote));
    m_results->setObjectName(QStringLiteral("handResults"));
    m_results->setAccessibleName(tr("Load, importance and gradient of each expert"));
    column->addWidget(m_results, 3);
    m_losses->setObjectName(QStringLiteral("handLosses"));
    m_losses->setWordWrap(true);
    m_losses->setTextFormat(Qt::RichText);
    column->addWidget(m_losses);
    column->addStretch(1);
    connect(m_logits, &HandCells::edited, this, &RoutingHand::edit);
    connect(m_logits, &HandCells::pasted, this, [this](int token, int expert, const QString& text) { this->paste(text, token, expert); });
    connect(m_logits->horizontalScrollBar(), &QScrollBar::valueChanged, m_results->horizontalScrollBar(), &QScrollBar::setValue);
    connect(m_results->horizontalScrollBar(), &QScrollBar::valueChanged, m_logits->horizontalScrollBar(), &QScrollBar::setValue);
    connect(paste, &QPushButton::clicked, this, [this] { this->paste(QApplication::clipboard()->text(), std::max(0, m_logits->currentRow()), std::max(0, m_logits->currentColumn())); });
    connect(copy, &QPushButton::clicked, this, [this] { if (badCells(m_data).empty()) QApplication::clipboard()->setText(QString::fromStdString(handJson(m_data))); });
    connect(save, &QPushButton::clicked, this, &RoutingHand::save);
    return left;
}

QWidget* RoutingHand::buildRight() {
    auto* content = new QWidget;
    content->setProperty("role", "surface");
    content->setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    m_preset->setObjectName(QStringLiteral("handPreset"));
    m_preset->setAccessibleName(tr("Router or lesson"));
    m_preset->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_preset->setMaxVisibleItems(24);
    m_about->setObjectName(QStringLiteral("handAbout"));
    m_about->setWordWrap(true);
    column->addWidget(m_preset);
    column->addWidget(m_about);
    column->addWidget(m_settings);
    column->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("handSide"));
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFixedWidth(kSide);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    connect(m_preset, &QComboBox::activated, this, [this](int at) {
        const QString id = m_preset->itemData(at).toString();
        id.startsWith(QLatin1Char('#')) ? setLesson(id.mid(1)) : setPreset(id);
    });
    connect(m_settings, &HandSettings::edited, this, [this](const QString& key, const QString& json) {
        m_problems = config::applySetting(m_data.config, key.toStdString(), json.toStdString());
        changed();
    });
    connect(m_settings, &HandSettings::sizeEdited, this, [this](int tokens, int experts) {
        resizeHandTable(m_data, tokens, experts);
        m_problems.clear();
        changed();
    });
    const auto take = [this](auto HandTable::*member) { return [this, member](auto value) { m_data.*member = value; changed(); }; };
    connect(m_settings, &HandSettings::drawEdited, this, take(&HandTable::draw));
    connect(m_settings, &HandSettings::trainingEdited, this, take(&HandTable::training));
    connect(m_settings, &HandSettings::taskPullEdited, this, take(&HandTable::taskPull));
    return scroll;
}

void RoutingHand::fillPresets() {
    for (const HandLesson& lesson : handLessons()) m_preset->addItem(QCoreApplication::translate("HandTable", lesson.title), QLatin1Char('#') + QLatin1String(lesson.id));
    m_preset->insertSeparator(m_preset->count());
    for (const config::Preset& preset : config::listPresets()) {
        if (preset.kind != config::PresetKind::router || preset.denseTwin || preset.id == "dense" || !fitsHandTable(preset.id)) continue;
        m_preset->addItem(QString::fromStdString(preset.title), QString::fromStdString(preset.id));
    }
}

void RoutingHand::show(const RoutingShown&) {
    if (std::exchange(m_started, true)) return;
    setPreset(QString::fromStdString(m_data.preset));
}

void RoutingHand::setPreset(const QString& id) {
    m_problems = applyHandPreset(m_data, id.toStdString());
    m_lesson.clear();
    changed();
}

void RoutingHand::setLesson(const QString& id) {
    for (const HandLesson& lesson : handLessons())
        if (id == QLatin1String(lesson.id)) m_problems = readHandJson(m_data, lesson.json);
    m_lesson = id;
    changed();
}

void RoutingHand::edit(int token, int expert, const QString& text) {
    m_data.cells[static_cast<std::size_t>(token)][expert] = text.trimmed();
    changed();
}

void RoutingHand::paste(const QString& text, int token, int expert) {
    QString problem;
    if (text.trimmed().startsWith(QLatin1Char('{'))) {
        const base::Problems problems = readHandJson(m_data, text.toStdString());
        for (const base::Problem& each : problems) problem += QString::fromStdString(each.key + ": " + each.text + " ");
    } else {
        problem = pasteCells(m_data, text, token, expert);
    }
    changed();
    m_trouble = problem.trimmed();
    refill();
}

void RoutingHand::changed() {
    m_trouble.clear();
    refill();
    m_waiting.start();
}

void RoutingHand::ask() {
    if (!badCells(m_data).empty() || !handProblems(m_data).empty() || !m_problems.empty()) return;
    m_asked = m_data;
    m_engine.ask(handJson(m_data));
}

void RoutingHand::onReply(const HandReply& reply) {
    m_trouble = reply.error;
    m_problems = reply.problems;
    if (reply.answer) {
        m_answer = reply.answer;
        m_answered = m_asked;
    }
    refill();
}

void RoutingHand::refill() {
    const int preset = m_preset->findData(m_lesson.isEmpty() ? QString::fromStdString(m_data.preset) : QLatin1Char('#') + m_lesson);
    m_preset->setCurrentIndex(preset);
    m_about->clear();
    for (const HandLesson& lesson : handLessons())
        if (m_lesson == QLatin1String(lesson.id)) m_about->setText(QCoreApplication::translate("HandTable", lesson.text));
    if (const auto found = m_lesson.isEmpty() ? config::findPreset(m_data.preset) : std::nullopt) m_about->setText(QString::fromStdString(found->description));
    m_about->setVisible(!m_about->text().isEmpty());
    base::Problems problems = m_problems;
    for (const base::Problem& problem : handProblems(m_data))
        if (std::ranges::none_of(problems, [&](const base::Problem& known) { return known.key == problem.key; })) problems.push_back(problem);
    m_settings->setTable(m_data);
    m_settings->setProblems(problems);
    QStringList said;
    for (const BadCell& bad : badCells(m_data))
        if (said.size() < 3) said << bad.sentence;
    if (!m_trouble.isEmpty()) said << m_trouble;
    if (!problems.empty() && said.isEmpty()) said << tr("The settings at the right do not fit together; what is marked belongs to the table before.");
    m_message->setText(said.join(QLatin1Char('\n')));
    m_message->setVisible(!said.isEmpty());
    fillLogits();
    fillResults();
    fillLosses();
    fitColumns();
    if (m_stack->currentWidget() == m_table) fillTable();
}

void RoutingHand::fillLogits() {
    const bool same = m_answer && m_answered.tokens() == m_data.tokens() && m_answered.experts() == m_data.experts();
    std::vector<std::vector<HandCell>> cells;
    QStringList rows;
    for (int t = 0; t < m_data.tokens(); ++t) {
        rows << tr("token %1").arg(t);
        cells.emplace_back();
        for (int e = 0; e < m_data.experts(); ++e) {
            HandCell cell;
            cell.text = m_data.cells[static_cast<std::size_t>(t)][e];
            cell.bad = !handNumber(cell.text);
            cell.slot = same ? m_answer->slotOf(t, e) : -1;
            if (cell.slot >= 0) {
                const auto row = static_cast<std::size_t>(t), at = static_cast<std::size_t>(cell.slot);
                cell.weight = m_answer->weights[row][at];
                cell.position = m_answer->positions[row][at];
                cell.kept = m_answer->kept[row][at];
                cell.note = tr("choice %1, weight %2, place %3 in the expert's queue%4").arg(cell.slot + 1).arg(plots::figure(cell.weight, Figure::Fixed3)).arg(cell.position).arg(cell.kept ? QString() : tr(": full, dropped"));
            }
            cells.back().push_back(cell);
        }
    }
    for (const BadCell& bad : badCells(m_data)) cells[static_cast<std::size_t>(bad.token)][static_cast<std::size_t>(bad.expert)].note = bad.sentence;
    const bool limited = m_answer && m_answer->capacity > 0;
    m_logits->setShowsQueue(limited);
    m_logits->setCells(rows, std::move(cells), !(m_answered == m_data));
    m_logitsNote->setText(!m_answer ? tr("waiting for the engine") : m_data.config.router.net == "hash" || m_data.config.router.net == "domain_hash" ? tr("not used: a hash of the token's number decides")
                          : limited ? tr("order and weight of the choice, place in the queue; room for %1 each").arg(m_answer->capacity) : tr("type to change; order and weight of the choice stand below"));
    m_logits->setMaximumHeight(m_logits->wantedHeight());
}

void RoutingHand::fillResults() {
    m_results->setVisible(m_answer.has_value());
    if (!m_answer) return m_resultsNote->clear();
    std::vector<std::vector<HandCell>> cells(2);
    QStringList rows{tr("load"), tr("importance")};
    const auto shares = [&](std::size_t row, const std::vector<double>& values) {
        for (const double value : values) {
            HandCell cell;
            cell.text = std::isnan(value) ? QStringLiteral("\u2013") : plots::figure(value, Figure::Fixed2);
            cell.share = std::isnan(value) ? 0 : value;
            cells[row].push_back(cell);
        }
    };
    shares(0, m_answer->load);
    shares(1, m_answer->importance);
    double most = 1e-9;
    for (const auto& row : m_answer->gradient)
        for (const double value : row) most = std::max(most, std::abs(value));
    for (std::size_t t = 0; t < m_answer->gradient.size(); ++t) {
        rows << tr("gradient %1").arg(t);
        cells.emplace_back();
        for (const double value : m_answer->gradient[t]) {
            HandCell cell;
            cell.text = value == 0 ? QStringLiteral("0") : std::abs(value) >= 0.0005 ? plots::figure(value, Figure::Fixed3) : plots::figure(value, Figure::Exponent);
            cell.lean = most > 1e-8 ? 0.8 * value / most : 0;
            cell.note = value > 0 ? tr("a step lowers this logit") : value < 0 ? tr("a step raises this logit") : tr("a step leaves this logit alone");
            cells.back().push_back(cell);
        }
    }
    m_results->setCells(rows, std::move(cells), !(m_answered == m_data));
    m_results->setMaximumHeight(m_results->wantedHeight());
    m_resultsNote->setText(tr("share of choices, share of weight; gradient of %1 by each logit, blue raises it").arg(m_answered.taskPull ? tr("task and losses") : tr("the losses")));
}

void RoutingHand::fillLosses() {
    if (!m_answer) return m_losses->clear();
    QStringList lines;
    for (const HandAnswer::Loss& loss : m_answer->losses) {
        const LossWords words = lossWords(m_answered, loss.name);
        lines << tr("<b>%1</b> %2 \u00D7 %3&nbsp; <small>%4; even load: %5</small>")
                     .arg(words.title.toHtmlEscaped(), plots::figure(loss.value, Figure::Fixed3), plots::figure(words.coefficient), words.formula.toHtmlEscaped(), words.fair.toHtmlEscaped());
    }
    if (lines.isEmpty()) lines << tr("This router has no logits, so it has no losses and no gradient.");
    int assignments = 0;
    for (const auto& row : m_answer->experts) assignments += static_cast<int>(std::ranges::count_if(row, [](int e) { return e >= 0; }));
    lines << tr("<b>total</b> %1, added to the training loss&nbsp; \u00B7 &nbsp;%2 of %3 choices dropped&nbsp; \u00B7 &nbsp;%4 experts in use (effective)")
                 .arg(plots::figure(m_answer->totalAuxiliary)).arg(m_answer->dropped).arg(assignments).arg(plots::figure(m_answer->effectiveExperts, Figure::Fixed1));
    m_losses->setText(lines.join(QStringLiteral("<br>")));
}

void RoutingHand::fillTable() {
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (int t = 0; m_answer && t < m_answered.tokens(); ++t)
        for (int e = 0; e < m_answered.experts(); ++e) {
            const int slot = m_answer->slotOf(t, e);
            const auto row = static_cast<std::size_t>(t), at = static_cast<std::size_t>(std::max(0, slot));
            const bool chosen = slot >= 0, gradient = row < m_answer->gradient.size();
            rows.push_back({RoutingTable::number(t, Figure::Integer), RoutingTable::word(expertName(e)), RoutingTable::number(handNumber(m_answered.cells[row][e]).value_or(telemetry::kNone)),
                            chosen ? RoutingTable::number(slot + 1, Figure::Integer) : RoutingTable::word({}), chosen ? RoutingTable::number(m_answer->weights[row][at]) : RoutingTable::word({}),
                            chosen ? RoutingTable::number(m_answer->positions[row][at], Figure::Integer) : RoutingTable::word({}), RoutingTable::word(!chosen ? QString() : m_answer->kept[row][at] ? tr("yes") : tr("dropped")),
                            RoutingTable::number(gradient ? m_answer->gradient[row][static_cast<std::size_t>(e)] : telemetry::kNone, Figure::Exponent)});
        }
    m_table->setRows({tr("token"), tr("expert"), tr("logit"), tr("choice"), tr("weight"), tr("place"), tr("kept"), tr("gradient")}, rows);
}

void RoutingHand::setTable(bool on) {
    m_stack->setCurrentIndex(on ? 1 : 0);
    if (on) fillTable();
}

QByteArray RoutingHand::exported(bool csv) const {
    if (csv) {
        QByteArray text = "token,expert,logit,choice,weight,place,kept,gradient\n";
        for (int t = 0; m_answer && t < m_answered.tokens(); ++t)
            for (int e = 0; e < m_answered.experts(); ++e) {
                const int slot = m_answer->slotOf(t, e);
                const auto row = static_cast<std::size_t>(t), at = static_cast<std::size_t>(std::max(0, slot));
                QByteArrayList line{QByteArray::number(t), QByteArray::number(e), plots::plainNumber(handNumber(m_answered.cells[row][e]).value_or(0))};
                line << (slot < 0 ? QByteArrayList{{}, {}, {}, {}} : QByteArrayList{QByteArray::number(slot), plots::plainNumber(m_answer->weights[row][at]), QByteArray::number(m_answer->positions[row][at]), m_answer->kept[row][at] ? "1" : "0"});
                line << (row < m_answer->gradient.size() ? plots::plainNumber(m_answer->gradient[row][static_cast<std::size_t>(e)]) : QByteArray());
                text += line.join(',') + '\n';
            }
        return text;
    }
    nlohmann::ordered_json all{{"input", nlohmann::ordered_json::parse(handJson(m_answered))}};
    if (m_answer) {
        nlohmann::ordered_json losses = nlohmann::ordered_json::object();
        for (const HandAnswer::Loss& loss : m_answer->losses) losses[loss.name] = loss.value;
        all["answer"] = {{"experts", m_answer->experts}, {"weights", m_answer->weights}, {"positions", m_answer->positions}, {"kept", m_answer->kept}, {"load", m_answer->load},
                         {"importance", m_answer->importance}, {"dropped", m_answer->dropped}, {"capacity", m_answer->capacity}, {"losses", losses}, {"total_auxiliary", m_answer->totalAuxiliary}, {"gradient", m_answer->gradient}};
    }
    return QByteArray::fromStdString(all.dump(1)) + '\n';
}

void RoutingHand::save() {
    const QString file = askFile();
    if (file.isEmpty()) return;
    QSaveFile out(file);
    const bool written = out.open(QIODevice::WriteOnly) && out.write(exported(file.endsWith(QLatin1String(".csv")))) >= 0 && out.commit();
    if (!written) m_trouble = tr("%1 could not be written: %2. Choose another place.").arg(file, out.errorString());
    refill();
}

void RoutingHand::fitColumns() {
    const int room = m_logits->width() - kGutter - 10, each = std::clamp(room / std::max(1, m_data.experts()), kLeastColumn, kMostColumn);
    m_logits->setColumns(each);
    m_results->setColumns(each);
}

void RoutingHand::resizeEvent(QResizeEvent* event) {
    RoutingView::resizeEvent(event);
    fitColumns();
}

}  // namespace moescope::ui
