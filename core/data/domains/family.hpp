// Family: one kind of generated text, and the table of them all.
//
// A family is one file in this folder and one line in families.cpp. Its options are read in `make`, once; the object is
// a pure function afterwards. Thread: const members from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/data/document.hpp"
#include "core/data/draws.hpp"
#include "core/data/options.hpp"

namespace moescope::data {

class Family {
public:
    virtual ~Family() = default;
    /// Every character it can write; sorted, each once.
    virtual std::u32string characters() const = 0;
    /// Appends one unit (and ends it): a function of the draws, and for chains of the document so far.
    virtual void unit(Draws &draws, Document &document) const = 0;
    /// Entropy of the endless text in nats per character: no model can do better on average. -1: not known.
    /// For independent units it is entropy(unit) / mean length(unit), which by Wald's identity is exact for whole
    /// documents too.
    virtual double floor() const { return -1; }
};

struct FamilyEntry {
    std::string_view id;
    std::string_view help;
    std::unique_ptr<Family> (*make)(Options &options);  ///< never null; problems are in `options`
};

std::span<const FamilyEntry> families();
const FamilyEntry *findFamily(std::string_view id);

/// Document `index` under `seed`: units until it has at least `length` characters.
Document makeDocument(const Family &family, std::uint64_t seed, std::uint64_t index, std::size_t length);

/// Sorted, each once.
std::u32string characterSet(std::u32string characters);

}  // namespace moescope::data
