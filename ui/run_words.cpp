// How states, amounts and times are said.
#include "ui/run_words.hpp"

#include <QDateTime>
#include <QLocale>

#include <cmath>

#include "core/base/error.hpp"
#include "plots/figures.hpp"
#include "storage/meta_file.hpp"

namespace moescope::ui {
namespace {

using storage::RunState;

constexpr int kLongestName = 200, kStackedMarks = 2;

QString scaled(double value, const char* const* units, int count, double base) {
    int unit = 0;
    // From a tenth on the larger unit is easier to read: 0.12 M rather than 120 k.
    while (unit + 1 < count && std::abs(value) >= base / 10) {
        value /= base;
        ++unit;
    }
    const auto style = std::abs(value) >= 100 ? plots::Figure::Integer : std::abs(value) >= 10 ? plots::Figure::Fixed1 : plots::Figure::Fixed2;
    return plots::figure(value, unit == 0 ? plots::Figure::Auto : style) + QChar(0x00A0) + QLatin1String(units[unit]);
}

bool isInvisible(QChar c) {
    const auto category = c.category();
    return category == QChar::Other_Control || category == QChar::Other_Format || category == QChar::Separator_Line ||
           category == QChar::Separator_Paragraph;
}

}  // namespace

QString RunWords::state(RunState state) {
    switch (state) {
        case RunState::created: return tr("Starting");
        case RunState::running: return tr("Training");
        case RunState::paused: return tr("Paused");
        case RunState::stopped: return tr("Stopped");
        case RunState::interrupted: return tr("Interrupted");
        case RunState::diverged: return tr("Diverged");
        case RunState::failed: return tr("Failed");
        case RunState::finished: return tr("Finished");
        case RunState::quarantined: return tr("Damaged");
    }
    return {};
}

plots::Pill::Kind RunWords::pill(RunState state) {
    switch (state) {
        case RunState::running: return plots::Pill::Ok;
        case RunState::paused:
        case RunState::interrupted: return plots::Pill::Warn;
        case RunState::diverged:
        case RunState::failed:
        case RunState::quarantined: return plots::Pill::Err;
        default: return plots::Pill::Neutral;
    }
}

bool RunWords::isAlive(RunState state) { return state == RunState::running || state == RunState::paused; }

bool RunWords::canResume(RunState state) {
    return state == RunState::stopped || state == RunState::interrupted || state == RunState::diverged || state == RunState::failed;
}

QString RunWords::amount(double value) {
    static constexpr const char* units[] = {"", "k", "M", "B", "T"};
    return std::abs(value) < 1000 ? plots::figure(value, plots::Figure::Integer) : scaled(value / 1000, units + 1, 4, 1000);
}

QString RunWords::parameters(double count) {
    if (count >= 1e4 && count < 1e6) return plots::figure(count / 1e6, plots::Figure::Fixed2) + QChar(0x00A0) + QLatin1Char('M');
    return amount(count);
}

QString RunWords::sentence(const base::Error& error) {
    const auto whole = [](const std::string& text) {
        QString line = oneLine(text);
        if (line.isEmpty()) return line;
        line[0] = line[0].toUpper();
        return line.endsWith(QLatin1Char('.')) ? line : line + QLatin1Char('.');
    };
    return (whole(error.happened()) + QLatin1Char(' ') + whole(error.advice())).trimmed();
}

QString RunWords::flop(double flop) {
    static constexpr const char* units[] = {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"};
    return scaled(flop, units, 7, 1000);
}

QString RunWords::bytes(double bytes) {
    static constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB"};
    return scaled(bytes, units, 5, 1000);
}

QString RunWords::timeLeft(double seconds) {
    if (!std::isfinite(seconds)) return {};
    if (seconds < 90) return tr("%1 s left").arg(std::lround(seconds));
    if (seconds < 5400) return tr("%1 min left").arg(std::lround(seconds / 60));
    return tr("%1 h left").arg(seconds / 3600, 0, 'f', 1);
}

QString RunWords::when(std::int64_t microseconds) {
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(microseconds / 1000);
    const qint64 days = time.date().daysTo(QDate::currentDate());
    if (days == 0) return tr("today, %1").arg(time.toString(QStringLiteral("HH:mm")));
    if (days == 1) return tr("yesterday");
    return QLocale().toString(time.date(), time.date().year() == QDate::currentDate().year() ? tr("d MMM") : tr("d MMM yyyy"));
}

QString RunWords::oneLine(const std::string& text) {
    QString line;
    int marks = 0;
    for (const QChar c : QString::fromStdString(text)) {
        if (line.size() >= kLongestName) return line + QChar(0x2026);
        marks = c.isMark() ? marks + 1 : 0;
        if (marks > kStackedMarks) continue;
        if (c == QLatin1Char('\n') || c == QLatin1Char('\t') || c.category() == QChar::Separator_Line) line += QLatin1Char(' ');
        else if (!isInvisible(c)) line += c;
    }
    return line.simplified();
}

plots::Ink RunWords::ink(const std::string& ulid, const std::string& colour) {
    if (const auto slot = storage::paletteSlot(colour)) return plots::Ink::run(*slot);
    if (const QColor chosen(QString::fromStdString(colour)); !colour.empty() && chosen.isValid()) return plots::Ink::chosen(chosen);
    std::uint32_t hash = 2166136261u;  // FNV-1a
    for (const char c : ulid) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return plots::Ink::run(static_cast<int>((hash >> 7) % 8));
}

}  // namespace moescope::ui
