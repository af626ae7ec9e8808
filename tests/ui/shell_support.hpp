// Test support: the real window on a generated store, and an engine that only listens.
#pragma once

#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QLocalServer>
#include <QLocalSocket>
#include <QPushButton>
#include <QtTest>

#include <memory>

#include "plots/chart_panels.hpp"
#include "plots/heat_panel.hpp"
#include "tests/ui/fake_store.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_theme.hpp"
#include "ui/run_library.hpp"
#include "ui/run_watched.hpp"

namespace moescope::ui::testing {

inline constexpr int kPatience = 20'000;

template <class Condition>
bool waitFor(Condition&& condition) {
    return QTest::qWaitFor(condition, kPatience);
}

/// Collects the lines windows send and answers each like an engine that accepts everything.
class FakeEngine {
public:
    explicit FakeEngine(const std::filesystem::path& socket) : m_path(QString::fromStdString(socket.string())) {
        QObject::connect(&m_server, &QLocalServer::newConnection, [this] {
            while (QLocalSocket* client = m_server.nextPendingConnection())
                QObject::connect(client, &QLocalSocket::readyRead, client, [this, client] {
                    while (client->canReadLine()) {
                        m_lines << QString::fromUtf8(client->readLine()).trimmed();
                        if (!m_hangs) client->write(m_answer);
                    }
                });
        });
        EXPECT_TRUE(m_server.listen(m_path));
    }
    std::string path() const { return m_path.toStdString(); }
    const QStringList& lines() const { return m_lines; }
    void hang() { m_hangs = true; }                                  ///< takes lines and answers none
    void answer(const QByteArray& line) { m_answer = line; }        ///< whatever it is
    void refuse(const QByteArray& sentence) { m_answer = "{\"ok\":false,\"problems\":[{\"key\":\"x\",\"text\":\"" + sentence + "\"}]}\n"; }
    bool got(const QString& part) const {
        return std::ranges::any_of(m_lines, [&](const QString& line) { return line.contains(part); });
    }

private:
    QString m_path;
    QLocalServer m_server;
    QStringList m_lines;
    bool m_hangs = false;
    QByteArray m_answer = "{\"ok\":true,\"applied_at_step\":301}\n";
};

/// The window as main() makes it, without settings and without dialogs.
class Shell {
public:
    explicit Shell(const FakeStore& store, QSize size = {1440, 900}) {
        applyThemeChoice(ThemeChoice::light);
        m_window = std::make_unique<MainWindow>(QString::fromStdString(store.folder().string()));
        m_window->askBeforeClosing = [this](const QStringList& names) {
            asked = names;
            return answer;
        };
        m_window->resize(size);
        m_window->show();
        EXPECT_TRUE(waitFor([this] { return m_window->library().loaded(); }));
    }
    ~Shell() {
        answer = CloseChoice::keepTraining;
        m_window.reset();
    }
    MainWindow& window() { return *m_window; }

    void open(const std::string& ulid) {
        m_window->openRun(QString::fromStdString(ulid));
        EXPECT_TRUE(waitFor([this] { return m_window->run().data() || !m_window->run().problem().isEmpty(); }));
        settle();
    }
    void settle() {
        m_window->prepareForPicture();
        m_window->grab();
        QCoreApplication::processEvents();
    }
    template <class Widget>
    Widget* find(const char* name) {
        return m_window->findChild<Widget*>(QLatin1String(name));
    }
    QString text(const char* label) {
        auto* found = find<QLabel>(label);
        return found ? found->text() : QString();
    }
    bool shows(const char* name) {
        auto* found = find<QWidget>(name);
        return found && found->isVisible();
    }
    /// Column `column` of what a panel shows, at the row whose x is `x`.
    double shown(const char* panel, const QString& column, double x) {
        const plots::Table table = find<plots::Panel>(panel)->visibleTable();
        const auto at = table.columns.indexOf(column);
        if (at < 0) return std::nan("");
        for (const auto& row : table.rows)
            if (std::abs(row[0] - x) < 0.5) return row[static_cast<std::size_t>(at)];
        return std::nan("");
    }

    QStringList asked;
    CloseChoice answer = CloseChoice::keepTraining;

private:
    std::unique_ptr<MainWindow> m_window;
};

}  // namespace moescope::ui::testing
