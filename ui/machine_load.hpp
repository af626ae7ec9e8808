// How busy the computer is and what part of it is ours: read from the kernel's text files by a thread of its own.
#pragma once

#include <QObject>
#include <QString>
#include <QThread>


#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace moescope::ui {

struct MachineLoad {
    std::vector<double> cores;          ///< busy share of each, 0..1, since the look before
    double memoryTotal = 0, memoryFree = 0;   ///< bytes; free = what programs may still take
    double oursCores = 0;               ///< cores kept busy by the window and its engines
    double oursMemory = 0;              ///< bytes resident
};

// Pure readers of the kernel's files; nothing where the text has another shape.
struct CoreTimes {
    std::int64_t busy = 0, all = 0;     ///< clock ticks
};
std::vector<CoreTimes> parseCoreTimes(std::string_view procStat);
struct MemoryAmounts {
    double total = 0, available = 0;    ///< bytes
};
std::optional<MemoryAmounts> parseMemory(std::string_view procMeminfo);
struct ProcessTimes {
    std::int64_t ticks = 0, pages = 0;  ///< user and system; resident
};
std::optional<ProcessTimes> parseProcess(std::string_view procPidStat);

namespace detail {
class LoadReader;
}

/// GUI thread. Looks once a second between start() and stop().
class MachineLoadWatch : public QObject {
    Q_OBJECT
public:
    explicit MachineLoadWatch(QObject* parent = nullptr);
    ~MachineLoadWatch() override;
    /// Processes that are ours besides this one.
    void setEngines(const std::vector<std::int64_t>& pids);
    void start();
    void stop();

signals:
    void looked(const moescope::ui::MachineLoad& load);

private:
    detail::LoadReader* m_reader;
    QThread m_thread;
};

}  // namespace moescope::ui
