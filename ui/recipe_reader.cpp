// Reads recipes.
#include "ui/recipe_reader.hpp"

#include <QCoreApplication>
#include <QStringList>

#include <nlohmann/json.hpp>

#include <algorithm>

#include "core/config/config_json.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr qsizetype kLongest = 2 << 20;
constexpr int kNamed = 5;

QString text(const char* source) { return QCoreApplication::translate("Recipe", source); }

base::Problems only(const QString& sentence) { return {{"recipe", sentence.toStdString()}}; }

/// Settings that this version does not know are most likely those of a newer one.
base::Problems explained(base::Problems problems) {
    QStringList unknown;
    for (const base::Problem& problem : problems)
        if (problem.text.starts_with("There is no setting")) unknown << RunWords::oneLine(problem.key);
    if (unknown.isEmpty()) return problems;
    std::erase_if(problems, [](const base::Problem& problem) { return problem.text.starts_with("There is no setting"); });
    const QString more = unknown.size() > kNamed ? text(" and %1 more").arg(unknown.size() - kNamed) : QString();
    const QString sentence = unknown.size() == 1
                                 ? text("This recipe has a setting that this MoEScope does not know: %1. It was made by a newer version, or its name is misspelt.").arg(unknown.front())
                                 : text("This recipe has %1 settings that this MoEScope does not know: %2%3. It was made by a newer version, or is not a recipe.")
                                       .arg(unknown.size())
                                       .arg(unknown.mid(0, kNamed).join(QStringLiteral(", ")), more);
    problems.insert(problems.begin(), {"recipe", sentence.toStdString()});
    return problems;
}

}  // namespace

bool looksLikeRecipe(const QString& whole) {
    const QString start = whole.left(200).trimmed();
    return start.startsWith(QLatin1String("moe:")) || start.startsWith(QLatin1Char('{'));
}

ReadRecipe readRecipe(const QString& whole) {
    ReadRecipe read;
    const QString trimmed = whole.trimmed();
    const std::string bytes = trimmed.left(kLongest + 1).toStdString();
    if (trimmed.isEmpty()) read.problems = only(text("There is no text here. Copy a recipe first: a moe: string or its JSON."));
    else if (trimmed.size() > kLongest) read.problems = only(text("This is far too long for a recipe (%1 characters).").arg(trimmed.size()));
    else if (!looksLikeRecipe(trimmed)) read.problems = only(text("This is not a recipe. A recipe begins with moe: or is a JSON object of settings."));
    else if (trimmed.startsWith(QLatin1String("moe:"))) read.problems = explained(config::applyRecipeString(read.config, bytes));
    else if (!nlohmann::json::accept(bytes)) read.problems = only(text("This recipe is damaged or cut off: it is not whole JSON. Copy it again."));
    else read.problems = explained(config::applyJson(read.config, bytes));
    return read;
}

QString sentencesOf(const base::Problems& problems, int most) {
    QStringList sentences;
    for (const base::Problem& problem : problems) sentences << RunWords::oneLine(problem.text);
    if (sentences.size() > most) sentences = sentences.mid(0, most) << text("And %1 more.").arg(problems.size() - static_cast<std::size_t>(most));
    return sentences.join(QLatin1Char('\n'));
}

}  // namespace moescope::ui
