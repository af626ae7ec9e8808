// Words and colours of runs: states, amounts, names, times, as people read them.
#pragma once

#include <QCoreApplication>
#include <QString>

#include <string>

#include "plots/controls.hpp"
#include "plots/theme.hpp"
#include "storage/records.hpp"

namespace moescope::base {
class Error;
}

namespace moescope::ui {

class RunWords {
    Q_DECLARE_TR_FUNCTIONS(RunWords)
public:
    static QString state(storage::RunState state);
    static plots::Pill::Kind pill(storage::RunState state);
    /// The run trains or waits for a command: an engine holds it.
    static bool isAlive(storage::RunState state);
    /// A resume can go on from its newest checkpoint.
    static bool canResume(storage::RunState state);

    static QString amount(double value);                       ///< "0.12 M"
    static QString parameters(double count);                   ///< "0.12 M": in millions as soon as there are ten thousand
    static QString flop(double flop);                          ///< "0.10 MFLOP"
    static QString bytes(double bytes);                        ///< "0.3 GB"
    static QString timeLeft(double seconds);                   ///< "7 s left"
    static QString when(std::int64_t microseconds);            ///< "today, 11:42"
    /// What happened and what to do, as two sentences.
    static QString sentence(const base::Error& error);
    /// One line without control, bidirectional or stacked marks, whatever somebody called the run.
    static QString oneLine(const std::string& text);
    /// Stable: the colour a person chose, else by the ULID.
    static plots::Ink ink(const std::string& ulid, const std::string& colour = {});
};

}  // namespace moescope::ui
