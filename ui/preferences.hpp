// Preferences: what people chose for the whole window, and the hub that tells its parts. The theme has its own file.
#pragma once

#include <QObject>
#include <QString>

class QSettings;
class QWidget;

namespace moescope::ui {

/// How many controls are shown. A level hides controls, never what a run is or does.
enum class DetailLevel { learner, standard, expert };

QString levelWord(DetailLevel level);                     ///< "learner": as it is kept
QString levelTitle(DetailLevel level);

struct Preferences {
    DetailLevel level = DetailLevel::standard;
    int textPoints = 10;         ///< 8..24: the size of body text, applied at the next start
    bool animations = true;
    int plotRate = 10;           ///< at most so many drawings of new data a second, 1..30
    double smoothing = 0.9;      ///< of plots when the window opens, 0..0.999
    bool ignoreOutliers = false; ///< likewise
    bool operator==(const Preferences&) const = default;
};

/// GUI thread. One for the program.
class PreferencesHub : public QObject {
    Q_OBJECT
public:
    static PreferencesHub& instance();
    const Preferences& now() const { return m_now; }
    /// Values outside their ranges are brought inside.
    void set(const Preferences& next);

signals:
    void changed();

private:
    PreferencesHub() = default;
    Preferences m_now;
};

const Preferences& preferences();
bool levelReached(DetailLevel least);

/// Shows a widget from this level on and hides it below.
void showFrom(DetailLevel least, QWidget* widget);

Preferences storedPreferences(const QSettings& settings);
void storePreferences(QSettings& settings, const Preferences& preferences);

}  // namespace moescope::ui
