// Asks the system.
#include "ui/machine.hpp"

#include <QFile>
#include <QThread>

#include <algorithm>

namespace moescope::ui {

int coresHere() { return std::max(1, QThread::idealThreadCount()); }

double freeMemory() {
    QFile file(QStringLiteral("/proc/meminfo"));
    if (!file.open(QIODevice::ReadOnly)) return 0;
    for (const QByteArray& line : file.readAll().split('\n'))
        if (line.startsWith("MemAvailable:")) return line.simplified().split(' ').value(1).toDouble() * 1024;
    return 0;
}

int enginesAtOnce() { return std::max(1, coresHere() / 4); }

}  // namespace moescope::ui
