// TextCorpus: the user's own text, from a file or a folder, as windows of its tokens.
#pragma once

#include <filesystem>
#include <memory>

#include "core/data/corpus.hpp"
#include "core/data/text/tokenise.hpp"

namespace moescope::data {

/// Training: the text is cut into windows from an offset that is new in each epoch; an epoch takes every window once,
/// in a pseudo-random order. Validation: fixed windows, each once before any comes again, spread evenly over the text.
/// `config` gives the source, tokens, shares, seed and model.context; `options` what tests make small.
std::shared_ptr<const Corpus> openTextCorpus(const config::RunConfig &config, const std::filesystem::path &cache,
                                             base::Problems &problems, TokeniseOptions options = {});

}  // namespace moescope::data
