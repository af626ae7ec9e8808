// The query language, case by case, and patterns that cannot take long.
#include <gmock/gmock.h>

#include <chrono>
#include <random>

#include "core/base/clock.hpp"
#include "storage/catalog_row.hpp"
#include "storage/pattern.hpp"
#include "storage/query.hpp"
#include "support.hpp"

namespace moescope::storage::testing {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kNow = 1'800'000'000'000'000;

RunRow row() {
    RunRow r;
    r.ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    r.name = "Eight domains 7";
    r.preset = "eight_domains";
    r.router = "switch";
    r.note = "The one that collapsed (twice)";
    r.tags = {"g8", "Paper"};
    r.state = RunState::finished;
    r.star = true;
    r.step = 600;
    r.tokens = 2'457'600;
    r.valLoss = 1.42;
    r.createdUs = kNow - 3 * kDay;
    r.configJson = R"({"moe":{"top_k":2,"experts":8,"granularity":8},"balance":{"scope":"sequence","coefficient":0.01},"model.width":64,"router":{"options":{"gamma":0.003},"bias":false},"telemetry":{"quantiles":[0.1,0.5]}})";
    return r;
}

bool matches(const std::string& text, const RunRow& r) {
    auto parsed = Query::parse(text, kNow);
    if (const auto* mistake = std::get_if<QueryMistake>(&parsed)) {
        ADD_FAILURE() << text << ": " << mistake->text;
        return false;
    }
    const FlatConfig config = flatten(r.configJson);
    return std::get<Query>(parsed).matches(RowSubject(r, config));
}

TEST(Query, FindsWhatItSays) {
    for (const char* text : {"", "  ", "k=2", "k=2 and val_loss<1.5 tag:g8 since:7d", "E=8 G=8", "moe.top_k=2", "balance.scope=sequence", "BALANCE.SCOPE=sequence or k=2", "model.width=64",
                             "balance.coefficient<=0.01", "router.options.gamma=0.003", "num_local_experts=8", "tokens>2M", "tokens<2.5M", "tokens>=2457.6k", "state:finished", "state=finished",
                             "is:finished", "is:star", "star=true", "not is:archived", "archived=false", "tag:G8", "tag:paper", "tag!=x", "not tag:x", "val_loss < 1.5", "val_loss >= 1.42",
                             "domains", "DOMAINS", "\"eight domains\"", "collapsed", "paper", "name:domains", "name=\"Eight Domains 7\"", "/domains [0-9]$/", "/^eight/", "name~/d.m/", "name:/7$/",
                             "since:2026-01-01", "before:2099-01-01", "created>7d", "k=3 or k=2", "(k=3 or k=2) and not E=4", "not (k=3 or k=4)", "k!=3", "loss!=3", "router:switch", "since:1w",
                             "router.bias=false", "01ARZ3", "/collapsed \\(twice\\)/", "k==2", "preset=eight_domains step:600", "note:twice"})
        EXPECT_TRUE(matches(text, row())) << text;
}

TEST(Query, LeavesOutWhatItDoesNotSay) {
    for (const char* text : {"k=3", "val_loss>1.5", "tag:g", "tag:x", "since:1d", "before:7d", "state:running", "not k=2", "k=2 and k=3", "loss<3", "loss=3", "seven", "\"domains eight\"",
                             "/^domains/", "balance.scope=batch", "balance.scope!=sequence", "is:archived", "star=false", "tag!=g8", "(k=2 or E=8) and k=4", "moe.expert_width=256", "tokens>3M",
                             "name=domains", "name!=\"eight domains 7\"", "-", "router.bias=true"})
        EXPECT_FALSE(matches(text, row())) << text;
}

TEST(Query, MistakesNameThePlace) {
    const std::vector<std::pair<std::string, std::size_t>> cases = {{"k=", 2}, {"k=2 and", 7}, {"(k=2", 0}, {"k=2)", 3}, {"=2", 0}, {"nonsense_key=2", 0}, {"k=2 valloss<1", 4},
        {"since:soon", 6}, {"\"open", 0}, {"/open", 0}, {"/a(b/", 4}, {"/*/", 1}, {"k<two", 2}, {"or k=2", 0}, {"not", 3}, {"is:blue", 3}, {"k=2 or", 6}, {"name:/[/", 7}, {"created<x", 8}, {"()", 1}};
    for (const auto& [text, at] : cases) {
        auto parsed = Query::parse(text, kNow);
        const auto* mistake = std::get_if<QueryMistake>(&parsed);
        ASSERT_TRUE(mistake) << text;
        EXPECT_EQ(mistake->at, at) << text << ": " << mistake->text;
        const base::Problem problem = toProblem(*mistake, text);
        EXPECT_EQ(problem.key, "where");
        EXPECT_THAT(problem.text, ::testing::HasSubstr("at character " + std::to_string(at + 1)));
    }
}

TEST(Query, DeepAndLongQueriesAreRefusedAndRandomOnesNeverCrash) {
    EXPECT_TRUE(std::holds_alternative<QueryMistake>(Query::parse(std::string(5'000, 'a'), kNow)));
    EXPECT_TRUE(std::holds_alternative<QueryMistake>(Query::parse(std::string(1'000, '(') + "k=2" + std::string(1'000, ')'), kNow)));
    std::mt19937 random(9);
    const std::vector<std::string> parts = {"k", "=", "<", "(", ")", "or", "and", "not", " ", "\"", "/", "2", "tag", ":", "\\", "since", "7d", "[", "*", "\xff", "name", "~", "!=", "val_loss"};
    const FlatConfig config = flatten(row().configJson);
    const RunRow r = row();
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (unsigned n = random() % 12; n > 0; --n) text += parts[random() % parts.size()];
        auto parsed = Query::parse(text, kNow);
        if (const auto* query = std::get_if<Query>(&parsed)) query->matches(RowSubject(r, config));
        else EXPECT_LE(std::get<QueryMistake>(parsed).at, text.size()) << text;
    }
}

TEST(Query, KnowsTheKeysItMentions) {
    const Query query = std::get<Query>(Query::parse("k=2 and (archived=true or name:x)", kNow));
    EXPECT_TRUE(query.mentions("archived"));
    EXPECT_TRUE(query.mentions("moe.top_k"));
    EXPECT_FALSE(query.mentions("loss"));
    EXPECT_TRUE(std::get<Query>(Query::parse("", kNow)).matchesEverything());
    EXPECT_THAT(queryKeys(), ::testing::IsSupersetOf({"val_loss", "k", "balance.scope", "training.lr"}));
}

bool occurs(const std::string& pattern, const std::string& text) {
    auto compiled = Pattern::compile(pattern);
    if (const auto* mistake = std::get_if<Pattern::Mistake>(&compiled)) {
        ADD_FAILURE() << pattern << ": " << mistake->text;
        return false;
    }
    return std::get<Pattern>(compiled).occursIn(text);
}

TEST(PatternTest, MatchesAsPatternsDo) {
    for (const auto& [pattern, text] : std::vector<std::pair<std::string, std::string>>{{"", ""}, {"", "x"}, {"a", "xAy"}, {"^a", "ab"}, {"b$", "ab"}, {"^$", ""}, {"a.c", "abc"}, {"a*b", "b"}, {"a+b", "aab"}, {"colou?r", "color"},
             {"a|b", "xb"}, {"(ab)+c", "ababc"}, {"[a-c]x", "bx"}, {"[^a-c]x", "dx"}, {"\\d+", "a12"}, {"\\w\\s\\w", "a b"}, {"\\.", "a.b"}, {"^(seed|run) [0-3]$", "Seed 2"}, {"[]]", "a]"}, {"[a-]", "-"}, {"x(|y)z", "xz"}, {"(a*)*b", "aab"}})
        EXPECT_TRUE(occurs(pattern, text)) << pattern << " in " << text;
    for (const auto& [pattern, text] : std::vector<std::pair<std::string, std::string>>{{"a", "b"}, {"^b", "ab"}, {"a$", "ab"}, {"a.c", "ac"}, {"a+b", "b"}, {"\\.", "ab"}, {"[^b]", "b"}, {"^(seed|run) [0-3]$", "seed 4"}, {"\\d", "x"}, {"(ab)+$", "aba"}})
        EXPECT_FALSE(occurs(pattern, text)) << pattern << " in " << text;
}

TEST(PatternTest, AnEvilPatternTakesNoLongerThanAMildOne) {
    const std::string text(20'000, 'a');
    const auto start = base::monotonicNanoseconds();
    EXPECT_FALSE(occurs("(a+)+(a+)+(a*)*b$", text));
    EXPECT_LT(base::monotonicNanoseconds() - start, 5'000'000'000) << "backtracking would take longer than the universe has";
}

}  // namespace
}  // namespace moescope::storage::testing
