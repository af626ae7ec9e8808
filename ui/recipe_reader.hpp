// Recipes from outside: a moe: string or JSON, typed, pasted, dropped or on the command line; what is wrong is said in words.
#pragma once

#include <QString>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::ui {

struct ReadRecipe {
    config::RunConfig config;
    base::Problems problems;   ///< empty: `config` holds the recipe
};

/// Pure. `text` may be anything; at most 2 MiB of it are looked at. Says apart: nothing there, no recipe at all, damaged on the way,
/// made by a newer version (settings this one does not know), wrong values.
ReadRecipe readRecipe(const QString& text);

/// True for text that means to be a recipe.
bool looksLikeRecipe(const QString& text);

/// All problems as one text, at most `most` sentences.
QString sentencesOf(const base::Problems& problems, int most = 4);

}  // namespace moescope::ui
