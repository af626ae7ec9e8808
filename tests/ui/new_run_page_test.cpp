// New run page: every field makes the configuration it says, and problems stand where they belong.
#include <gtest/gtest.h>

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"
#include "plots/controls.hpp"
#include "tests/ui/fake_store.hpp"
#include "ui/engine_link.hpp"
#include "ui/new_run_form.hpp"
#include "ui/new_run_page.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"

Q_DECLARE_METATYPE(moescope::config::RunConfig)

namespace moescope::ui {
namespace {

using testing::FakeStore;

class NewRunPageTest : public ::testing::Test {
protected:
    void SetUp() override {
        qputenv("MOESCOPE_ENGINE", "/nowhere/moescope-engine");
        library = std::make_unique<RunLibrary>(QString::fromStdString(store.folder().string()));
        link = std::make_unique<EngineLink>(library->storeFolder());
        page = std::make_unique<NewRunPage>(*library, *link);
        page->resize(1440, 860);
        page->show();
    }
    void TearDown() override {
        page.reset();
        link.reset();
        library.reset();
        qunsetenv("MOESCOPE_ENGINE");
    }
    template <class Widget>
    Widget* find(const char* name) const {
        return page->findChild<Widget*>(QLatin1String(name));
    }
    void showAll() { find<NewRunForm>("newRunForm")->setAllSettings(true); }
    void type(const char* key, const QString& text) {
        auto* line = find<QLineEdit>(key);
        ASSERT_NE(line, nullptr) << key;
        line->setFocus();
        line->selectAll();
        QTest::keyClicks(line, text);
    }
    void typeByPaste(const char* key, const QString& text) {  // characters that no key writes
        auto* line = find<QLineEdit>(key);
        ASSERT_NE(line, nullptr) << key;
        line->selectAll();
        QApplication::clipboard()->setText(text);
        line->paste();
    }
    QString problem(const char* key) const {
        auto* label = page->findChild<QLabel*>(QStringLiteral("problem:") + QLatin1String(key));
        return label ? label->text() : QString();
    }
    bool trains() const { return find<QPushButton>("trainButton")->isEnabled(); }
    void paste(const QString& text) {
        QGuiApplication::clipboard()->setText(text);
        find<QToolButton>("pasteRecipe")->click();
    }
    QString message() const { return find<QLabel>("newRunMessage")->text(); }

    FakeStore store;
    std::unique_ptr<RunLibrary> library;
    std::unique_ptr<EngineLink> link;
    std::unique_ptr<NewRunPage> page;
};

TEST_F(NewRunPageTest, EverySettingHasAFieldThatChangesItAndNothingElse) {
    showAll();
    for (const config::SettingInfo& info : config::listSettings()) {
        SCOPED_TRACE(info.key);
        page->setPreset(QStringLiteral("eight_domains"));
        const config::RunConfig before = page->config();
        const std::string was = config::settingJson(before, info.key).value();
        std::string wanted;
        QWidget* editor = page->findChild<QWidget*>(QString::fromStdString(info.key));
        ASSERT_NE(editor, nullptr);
        if (auto* box = qobject_cast<QCheckBox*>(editor)) {
            wanted = was == "true" ? "false" : "true";
            box->click();
        } else if (auto* combo = qobject_cast<QComboBox*>(editor)) {
            const int at = (combo->currentIndex() + 1) % combo->count();
            combo->setCurrentIndex(at);
            emit combo->activated(at);
            wanted = "\"" + combo->itemData(at).toString().toStdString() + "\"";
        } else if (auto* text = qobject_cast<QPlainTextEdit*>(editor)) {
            wanted = info.key == "balance.more" ? R"([{"kind":"importance","coefficient":0.5,"scope":"batch"}])"
                     : info.key == "data.domains" ? R"([{"family":"dates","name":"days","weight":2}])"
                     : info.key == "script" ? R"([{"step":5,"command":"pause"}])" : R"({"x":3})";
            text->setPlainText(QString::fromStdString(wanted));
        } else {
            wanted = info.type == "list of integers" ? "[1,0]" : info.type == "list of numbers" ? "[0.5,1.5]" : info.type == "text" ? "\"a b\"" : info.type == "integer" ? "7" : "0.375";
            QString typed = QString::fromStdString(wanted);
            if (info.type.starts_with("list")) typed = typed.mid(1, typed.size() - 2);
            if (info.type == "text") typed = QStringLiteral("a b");
            type(info.key.c_str(), typed);
        }
        config::RunConfig expected = before;
        ASSERT_TRUE(config::applySetting(expected, info.key, wanted).empty());
        EXPECT_EQ(config::toJson(page->config()), config::toJson(expected));
    }
}

TEST_F(NewRunPageTest, AChangedFieldSaysWhatThePresetHasAndResets) {
    page->setPreset(QStringLiteral("eight_domains"));
    const std::string preset = config::settingJson(page->config(), "moe.experts").value();
    type("moe.experts", QStringLiteral("12"));
    EXPECT_EQ(page->config().moe.experts, 12);
    EXPECT_EQ(find<QLabel>("note:moe.experts")->text(), QString::fromStdString(preset) + QStringLiteral(" in the preset"));
    find<QPushButton>("reset:moe.experts")->click();
    EXPECT_EQ(config::settingJson(page->config(), "moe.experts").value(), preset);
    EXPECT_EQ(find<QLineEdit>("moe.experts")->text().toStdString(), preset);
}

TEST_F(NewRunPageTest, AProblemStandsAtItsFieldAndTrainWaits) {
    type("moe.top_k", QStringLiteral("99"));
    EXPECT_FALSE(problem("moe.top_k").isEmpty());
    EXPECT_FALSE(trains());
    EXPECT_EQ(find<QPushButton>("problemCount")->text(), QStringLiteral("1 problem"));
    const base::Problems problems = config::validate(page->config());
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problem("moe.top_k").toStdString(), problems.front().text);
    type("moe.top_k", QStringLiteral("1"));
    EXPECT_TRUE(problem("moe.top_k").isEmpty());
    EXPECT_TRUE(trains());
}

TEST_F(NewRunPageTest, WordsInANumberFieldAreAProblemAndKeepTheOldValue) {
    const std::int64_t before = page->config().training.steps;
    type("training.steps", QStringLiteral("many"));
    EXPECT_FALSE(problem("training.steps").isEmpty());
    EXPECT_EQ(page->config().training.steps, before);
    EXPECT_FALSE(trains());
    EXPECT_EQ(find<QLineEdit>("training.steps")->text(), QStringLiteral("many"));
}

TEST_F(NewRunPageTest, NumbersMayBeWrittenAsPeopleWriteThem) {
    typeByPaste("training.steps", QStringLiteral("1\u202F024"));
    EXPECT_EQ(page->config().training.steps, 1024);
    typeByPaste("training.lr", QStringLiteral("3e\u22123"));
    EXPECT_DOUBLE_EQ(page->config().training.lr, 0.003);
}

TEST_F(NewRunPageTest, SoftmaxAfterTheChoiceWithOneExpertOffersItsWaysOut) {
    type("moe.top_k", QStringLiteral("1"));
    auto* score = find<QComboBox>("router.score");
    const int at = score->findData(QStringLiteral("softmax_selected"));
    score->setCurrentIndex(at);
    emit score->activated(at);
    ASSERT_FALSE(problem("router.score").isEmpty());
    find<QPushButton>("fix:moe.top_k")->click();
    EXPECT_EQ(page->config().moe.top_k, 2);
    EXPECT_TRUE(problem("router.score").isEmpty());
}

TEST_F(NewRunPageTest, ARouterPresetChangesTheRouterAndKeepsOtherEdits) {
    page->setPreset(QStringLiteral("eight_domains"));
    type("training.steps", QStringLiteral("77"));
    auto* router = find<QComboBox>("routerPreset");
    const int at = router->findData(QStringLiteral("switch"));
    ASSERT_GT(at, 0);
    router->setCurrentIndex(at);
    emit router->activated(at);
    config::RunConfig expected;
    ASSERT_TRUE(config::applyPreset(expected, "eight_domains").empty());
    ASSERT_TRUE(config::applyPreset(expected, "switch").empty());
    expected.training.steps = 77;
    EXPECT_EQ(config::toJson(page->config()), config::toJson(expected));
}

TEST_F(NewRunPageTest, EveryRunPresetShowsItsConfigurationWithoutAProblem) {
    for (const config::Preset& preset : config::listPresets()) {
        if (preset.kind != config::PresetKind::run) continue;
        SCOPED_TRACE(preset.id);
        config::RunConfig expected;
        ASSERT_TRUE(config::applyPreset(expected, preset.id).empty());
        page->setPreset(QString::fromStdString(preset.id));
        EXPECT_EQ(config::toJson(page->config()), config::toJson(expected));
        EXPECT_EQ(trains(), config::validate(expected).empty());
    }
}

TEST_F(NewRunPageTest, TrainHandsOverConfigurationNameAndTags) {
    config::RunConfig got;
    QString name;
    QStringList tags;
    QObject::connect(page.get(), &NewRunPage::trainRequested, page.get(), [&](const config::RunConfig& config, const QString& called, const QStringList& marks) {
        got = config;
        name = called;
        tags = marks;
    });
    find<QLineEdit>("runName")->setText(QStringLiteral(" my run "));
    find<QLineEdit>("runTags")->setText(QStringLiteral("order, g8 order"));
    type("runSeed", QStringLiteral("42"));
    find<QPushButton>("trainButton")->click();
    EXPECT_EQ(config::toJson(got), config::toJson(page->config()));
    EXPECT_EQ(got.training.seed, 42);
    EXPECT_EQ(got.data.seed, 42);
    EXPECT_EQ(name, QStringLiteral("my run"));
    EXPECT_EQ(tags, (QStringList{QStringLiteral("order"), QStringLiteral("g8")}));
}

TEST_F(NewRunPageTest, ACopiedRecipePastesBack) {
    page->setPreset(QStringLiteral("four_alphabets"));
    type("moe.expert_width", QStringLiteral("48"));
    const config::RunConfig made = page->config();
    find<QToolButton>("copyRecipe")->click();
    const QString recipe = QGuiApplication::clipboard()->text();
    page->setPreset(QStringLiteral("collapse"));
    paste(recipe);
    EXPECT_EQ(config::toJson(page->config()), config::toJson(made));
    paste(QString::fromStdString(config::toJson(made)));
    EXPECT_EQ(config::toJson(page->config()), config::toJson(made));
}

TEST_F(NewRunPageTest, HostileRecipesAreRefusedWithASentenceAndChangeNothing) {
    const config::RunConfig before = page->config();
    const QStringList hostile{QString(), QStringLiteral("moe:"), QStringLiteral("moe:AAAA"), QStringLiteral("moe:%%%%"), QStringLiteral("{"), QStringLiteral("{\"moe.experts\": \"many\"}"),
                              QStringLiteral("{\"no.such\": 1}"), QStringLiteral("[1,2,3]"), QString(5'000'000, QLatin1Char('[')), QStringLiteral("\u202E\u0000{}"),
                              QStringLiteral("{\"moe\":") .repeated(2000)};
    for (const QString& text : hostile) {
        SCOPED_TRACE(text.left(40).toStdString());
        paste(text);
        EXPECT_EQ(config::toJson(page->config()), config::toJson(before));
        EXPECT_FALSE(message().isEmpty());
        page->setPreset(QStringLiteral("eight_domains"));
    }
}

TEST_F(NewRunPageTest, AnUnknownPresetIsSaidAndChangesNothing) {
    const config::RunConfig before = page->config();
    page->setPreset(QStringLiteral("eight_domians"));
    EXPECT_EQ(config::toJson(page->config()), config::toJson(before));
    EXPECT_TRUE(message().contains(QStringLiteral("eight_domains")));
}

TEST_F(NewRunPageTest, ADroppedFileBecomesTheSource) {
    QTemporaryDir folder;
    const auto text = [&](const char* name) {
        QFile file(folder.filePath(QLatin1String(name)));
        EXPECT_TRUE(file.open(QIODevice::WriteOnly) && file.write("Once there was a text of some length.\n") > 0);
        return file.fileName();
    };
    const QString first = text("a text.txt"), other = text("other.txt");
    page->setSourceFiles({first});
    EXPECT_EQ(page->config().data.source, first.toStdString());
    EXPECT_EQ(page->config().preset, "own_text");
    page->setSourceFiles({other});
    EXPECT_EQ(page->config().data.source, other.toStdString());
    page->setSourceFiles({folder.filePath(QStringLiteral("absent.txt"))});
    EXPECT_EQ(page->config().data.source, other.toStdString());
    EXPECT_TRUE(message().contains(QStringLiteral("absent.txt"))) << message().toStdString();
}

TEST_F(NewRunPageTest, TheEstimateIsThatOfTheCostFunction) {
    page->setPreset(QStringLiteral("tiny"));
    type("moe.experts", QStringLiteral("16"));
    showAll();
    type("model.vocabulary", QStringLiteral("300"));
    const config::Cost cost = config::cost(page->config(), 300);
    QString expected = RunWords::amount(static_cast<double>(cost.paramsTotal));
    expected.truncate(expected.indexOf(QChar(0x00A0)));
    EXPECT_EQ(find<QLabel>("estimateParameters")->text(), expected);
    EXPECT_EQ(find<QLabel>("estimateParametersAside")->text(), RunWords::amount(static_cast<double>(cost.paramsActive)) + QStringLiteral(" active"));
    type("moe.top_k", QStringLiteral("99"));
    EXPECT_EQ(find<QLabel>("estimateParameters")->text(), QStringLiteral("\u2013"));
}

TEST_F(NewRunPageTest, TheBatchCoupledMarkIsShown) {
    page->setPreset(QStringLiteral("eight_domains"));
    EXPECT_FALSE(find<QLabel>("couplingMark")->isVisible());
    type("capacity.factor", QStringLiteral("1.25"));
    EXPECT_TRUE(find<QLabel>("couplingMark")->isVisible());
}

TEST_F(NewRunPageTest, AProblemInAHiddenSettingIsSaidAndCanBeReached) {
    config::RunConfig config = page->config();
    config.training.beta1 = 7;
    page->setConfig(config, QStringLiteral("a test"));
    EXPECT_FALSE(trains());
    EXPECT_TRUE(message().contains(QStringLiteral("training.beta1")));
    find<QPushButton>("problemCount")->click();
    EXPECT_FALSE(problem("training.beta1").isEmpty());
    EXPECT_TRUE(find<QLineEdit>("training.beta1")->isVisible());
}

TEST_F(NewRunPageTest, ThePageFitsASmallWindow) {
    page->resize(1024, 560);
    EXPECT_EQ(page->size(), QSize(1024, 560));
    EXPECT_LE(find<QPushButton>("trainButton")->mapTo(page.get(), QPoint(find<QPushButton>("trainButton")->width(), 0)).x(), 1024);
}

}  // namespace
}  // namespace moescope::ui
