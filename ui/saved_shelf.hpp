// SavedShelf: the store's kept comparisons and filters, read and changed in the library's thread.
#pragma once

#include <QObject>

#include <functional>

#include "storage/saved_views.hpp"

namespace moescope::ui {

class RunLibrary;

/// GUI thread. One for each library.
class SavedShelf : public QObject {
    Q_OBJECT
public:
    /// That of the library; made by the first who asks.
    static SavedShelf* of(RunLibrary& library);

    const storage::SavedViews& views() const { return m_views; }
    /// Queued; shows in the next `changed`. A mistake comes through the library's `failed`.
    void edit(std::function<void(storage::SavedViews&)> change);
    /// Reads them again, as after another program has changed them.
    void refresh();

signals:
    void changed();

private:
    explicit SavedShelf(RunLibrary& library);
    void take(const storage::SavedViews& views);

    RunLibrary& m_library;
    storage::SavedViews m_views;
};

}  // namespace moescope::ui
