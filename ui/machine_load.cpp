// Differences between two looks at /proc.
#include "ui/machine_load.hpp"

#include <QTimer>

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace moescope::ui {
namespace {

constexpr int kLookMs = 1000;
constexpr std::size_t kIdle = 3, kIoWait = 4, kTimes = 8;  // fields of a "cpuN" line that do not count as work; later ones repeat user time

std::string textOf(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const std::size_t from = text.find_first_not_of(" \t");
        if (from == std::string_view::npos) break;
        const std::size_t to = std::min(text.find_first_of(" \t", from), text.size());
        found.push_back(text.substr(from, to - from));
        text.remove_prefix(to);
    }
    return found;
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        found.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

std::optional<std::int64_t> whole(std::string_view text) {
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<CoreTimes> parseCoreTimes(std::string_view text) {
    std::vector<CoreTimes> cores;
    for (const std::string_view line : lines(text)) {
        if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
        const auto fields = words(line);
        CoreTimes core;
        for (std::size_t i = 1; i < fields.size() && i <= kTimes; ++i) {
            const std::int64_t ticks = whole(fields[i]).value_or(0);
            core.all += ticks;
            if (i - 1 != kIdle && i - 1 != kIoWait) core.busy += ticks;
        }
        cores.push_back(core);
    }
    return cores;
}

std::optional<MemoryAmounts> parseMemory(std::string_view text) {
    std::map<std::string_view, double> amounts;
    for (const std::string_view line : lines(text)) {
        const auto fields = words(line);
        if (fields.size() < 2) continue;
        if (const auto kilobytes = whole(fields[1])) amounts[fields[0]] = static_cast<double>(*kilobytes) * 1024;
    }
    if (!amounts.contains("MemTotal:") || !amounts.contains("MemAvailable:")) return std::nullopt;
    return MemoryAmounts{amounts["MemTotal:"], amounts["MemAvailable:"]};
}

std::optional<ProcessTimes> parseProcess(std::string_view text) {
    const std::size_t name = text.rfind(')');  // the name may hold anything, also brackets
    if (name == std::string_view::npos) return std::nullopt;
    const auto fields = words(text.substr(name + 1));  // from field 3, the state
    constexpr std::size_t user = 11, system = 12, resident = 21;
    if (fields.size() <= resident) return std::nullopt;
    const auto a = whole(fields[user]), b = whole(fields[system]), pages = whole(fields[resident]);
    if (!a || !b || !pages) return std::nullopt;
    return ProcessTimes{*a + *b, *pages};
}

namespace detail {

/// Lives in the watch's thread.
class LoadReader : public QObject {
public:
    std::function<void(const MachineLoad&)> looked;
    std::vector<std::int64_t> engines;

    void start() {
        if (!m_timer) {
            m_timer = new QTimer(this);
            connect(m_timer, &QTimer::timeout, this, [this] { look(); });
        }
        m_cores.clear();
        look();
        m_timer->start(kLookMs);
    }
    void stop() {
        if (m_timer) m_timer->stop();
    }

private:
    void look() {
        const auto cores = parseCoreTimes(textOf("/proc/stat"));
        MachineLoad load;
        std::int64_t wall = 0;
        for (std::size_t i = 0; i < cores.size() && m_cores.size() == cores.size(); ++i) {
            const std::int64_t all = cores[i].all - m_cores[i].all;
            load.cores.push_back(all > 0 ? static_cast<double>(cores[i].busy - m_cores[i].busy) / static_cast<double>(all) : 0);
            wall = std::max(wall, all);
        }
        m_cores = cores;
        if (const auto memory = parseMemory(textOf("/proc/meminfo"))) {
            load.memoryTotal = memory->total;
            load.memoryFree = memory->available;
        }
        addOurs(load, wall);
        if (!load.cores.empty()) looked(load);
    }

    void addOurs(MachineLoad& load, std::int64_t wall) {
        std::vector<std::int64_t> ours = engines;
        ours.push_back(::getpid());
        std::map<std::int64_t, std::int64_t> ticks;
        for (const std::int64_t pid : ours) {
            const auto process = parseProcess(textOf("/proc/" + std::to_string(pid) + "/stat"));
            if (!process) continue;
            ticks[pid] = process->ticks;
            load.oursMemory += static_cast<double>(process->pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
            if (m_ticks.contains(pid) && wall > 0) load.oursCores += static_cast<double>(process->ticks - m_ticks[pid]) / static_cast<double>(wall);
        }
        m_ticks = std::move(ticks);
    }

    QTimer* m_timer = nullptr;
    std::vector<CoreTimes> m_cores;
    std::map<std::int64_t, std::int64_t> m_ticks;
};

}  // namespace detail

MachineLoadWatch::MachineLoadWatch(QObject* parent) : QObject(parent), m_reader(new detail::LoadReader) {
    qRegisterMetaType<MachineLoad>("moescope::ui::MachineLoad");
    m_reader->looked = [this](const MachineLoad& load) { emit looked(load); };  // queued to the receivers' thread
    m_reader->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_reader, &QObject::deleteLater);
    m_thread.start();
}

MachineLoadWatch::~MachineLoadWatch() {
    m_thread.quit();
    m_thread.wait();
}

void MachineLoadWatch::setEngines(const std::vector<std::int64_t>& pids) {
    QMetaObject::invokeMethod(m_reader, [reader = m_reader, pids] { reader->engines = pids; });
}

void MachineLoadWatch::start() {
    QMetaObject::invokeMethod(m_reader, [reader = m_reader] { reader->start(); });
}

void MachineLoadWatch::stop() {
    QMetaObject::invokeMethod(m_reader, [reader = m_reader] { reader->stop(); });
}

}  // namespace moescope::ui
