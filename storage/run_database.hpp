// Making and opening run.db.
#pragma once

#include <filesystem>
#include <string>

#include "storage/database.hpp"
#include "storage/records.hpp"

namespace moescope::storage {

/// Writes run.db with state `created` into a folder that has none.
void createRunDatabase(const std::filesystem::path& runFolder, const NewRun& run, const std::string& ulid, std::int64_t createdUs);

/// A read-only connection, whatever the medium: plain; on a read-only one immutable, or, where a -wal lies beside, of a
/// private copy that goes away with this object.
class ReadOnlyRun {
public:
    explicit ReadOnlyRun(const std::filesystem::path& runFolder);
    ~ReadOnlyRun();
    ReadOnlyRun(const ReadOnlyRun&) = delete;
    ReadOnlyRun& operator=(const ReadOnlyRun&) = delete;

    SQLite::Database& database() { return *m_connection; }
    const std::filesystem::path& file() const { return m_file; }
    bool frozen() const { return m_frozen; }
    /// The file is still the one that was opened (not deleted, moved or replaced).
    bool stillThere() const;

private:
    bool openPlain();
    void openCopy();

    std::filesystem::path m_file, m_copy;
    Connection m_connection;
    bool m_frozen = false;
    std::uint64_t m_device = 0, m_inode = 0;
};

}  // namespace moescope::storage
