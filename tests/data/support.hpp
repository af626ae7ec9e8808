// What the data tests share: small configurations, domains made by themselves, and folders that go away.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/utf8.hpp"
#include "core/data/corpus.hpp"
#include "core/data/domains/family.hpp"

namespace moescope::data::testing {

inline config::Value text(std::string value) { return config::Value(std::move(value)); }
inline config::Value whole(std::int64_t value) { return config::Value(value); }

inline std::unique_ptr<Family> makeFamily(const std::string &id, const config::Values &options = {}) {
    base::Problems problems;
    Options reader(options, "domain", problems);
    std::unique_ptr<Family> family = findFamily(id)->make(reader);
    reader.refuseUnknown(id);
    if (!problems.empty()) throw std::runtime_error(problems.front().key + ": " + problems.front().text);
    return family;
}

inline std::string utf8(std::u32string_view characters) {
    std::string result;
    for (const char32_t character : characters)
        base::appendUtf8(result, character);
    return result;
}

/// The units of document `index`, each as UTF-8.
inline std::vector<std::string> unitsOf(const Document &document) {
    std::vector<std::string> units;
    std::size_t begin = 0;
    for (const std::size_t end : document.units) {
        units.push_back(utf8(std::u32string_view(document.text).substr(begin, end - begin)));
        begin = end;
    }
    return units;
}

inline config::DomainConfig domain(std::string family, config::Values options = {}, double weight = 1,
                                   std::string name = {}) {
    config::DomainConfig result;
    result.family = std::move(family);
    result.name = std::move(name);
    result.weight = weight;
    result.options = std::move(options);
    return result;
}

inline config::RunConfig mixtureOf(std::vector<config::DomainConfig> domains) {
    config::RunConfig config;
    config.data.source = "domains";
    config.data.domains = std::move(domains);
    return config;
}

inline std::shared_ptr<const Corpus> open(const config::RunConfig &config, const std::string &cache = {}) {
    base::Problems problems;
    auto corpus = openCorpus(config, cache, problems);
    if (!problems.empty()) throw std::runtime_error(problems.front().key + ": " + problems.front().text);
    return corpus;
}

/// A folder of its own, removed at the end of the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "moescope-data-XXXXXX").native();
        m_path = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() { std::filesystem::remove_all(m_path); }
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;

    const std::filesystem::path &path() const { return m_path; }
    std::filesystem::path operator/(const std::string &name) const { return m_path / name; }
    std::filesystem::path write(const std::string &name, std::string_view bytes) const {
        std::filesystem::create_directories((m_path / name).parent_path());
        std::ofstream(m_path / name, std::ios::binary) << bytes;
        return m_path / name;
    }

private:
    std::filesystem::path m_path;
};

}  // namespace moescope::data::testing
