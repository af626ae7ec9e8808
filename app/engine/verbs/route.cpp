// route: a router on a table of numbers, for people who want to check one by hand.
#include <CLI/CLI.hpp>

#include <iostream>
#include <iterator>

#include "app/engine/error_json.hpp"
#include "app/engine/verbs.hpp"
#include "core/routing/route_table.hpp"

namespace moescope::app {
namespace {

constexpr std::uint64_t kLargestTable = 64 << 20;

std::string readTable(const std::string& file) {
    if (file != "-") return readInput(file, kLargestTable);
    return {std::istreambuf_iterator<char>(std::cin), {}};
}

std::string lineOf(const Json& row) {
    std::string text;
    for (const Json& value : row) text += (text.empty() ? "" : " ") + (value.is_number_float() ? shortNumber(value) : value.dump());
    return text;
}

std::string readable(const Json& answer) {
    std::vector<std::vector<std::string>> rows{{"token", "experts", "weights", "kept"}};
    for (std::size_t t = 0; t < answer["experts"].size(); ++t)
        rows.push_back({std::to_string(t), lineOf(answer["experts"][t]), lineOf(answer["weights"][t]), lineOf(answer["kept"][t])});
    return table(rows, "123") + "\nload " + lineOf(answer["load"]) + "\nlosses " + answer["losses"].dump();
}

int route(const Context& context, const std::string& file) {
    base::Problems problems;
    const std::string answer = routing::routeTable(readTable(file), problems);
    if (!problems.empty()) return report(context, problems);
    const Json json = Json::parse(answer);
    context.result(json, context.json ? std::string() : readable(json));
    return 0;
}

Json answerTo(const std::string& line) {
    try {
        if (line.size() > kLargestTable) throw base::Error(base::ExitCode::badInput, "route.input", "the line has more than 64 MB", "input", "send a smaller table");
        base::Problems problems;
        const std::string answer = routing::routeTable(line, problems);
        return problems.empty() ? Json::parse(answer) : Json{{"problems", toJson(problems)}};
    } catch (const base::Error& error) {
        return {{"error", errorJson(error)}};
    }
}

// For programs that ask often: one table a line, one answer a line, until the input ends.
int serve(Context context) {
    context.json = true;
    for (std::string line; std::getline(std::cin, line);)
        if (line.find_first_not_of(" \t\r") != std::string::npos) context.result(answerTo(line), {});
    return 0;
}

}  // namespace

void addRoute(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("route", "A router on a table of numbers: selection, weights, losses, gradients");
    verb->footer(R"(Example: echo '{"preset":"switch","config":{"moe.experts":4},"logits":[[1,2,0,0]]}' | moescope-engine route --input - --json)");
    auto file = std::make_shared<std::string>();
    auto serving = std::make_shared<bool>(false);
    auto* from = verb->add_option_group("from");
    from->add_option("--input", *file, "JSON file with config and logits, or - for standard input")->type_name("FILE.json");
    from->add_flag("--serve", *serving, "Read one JSON object a line from standard input and answer each with one line, until it ends");
    from->require_option(1);
    verb->callback([=, &context, &action] { action = [=, &context] { return *serving ? serve(context) : route(context, *file); }; });
}

}  // namespace moescope::app
