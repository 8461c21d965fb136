// SPDX-License-Identifier: MIT
#include "state/history.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace patchbay {
namespace {

using Corrected = History::Corrected;

// A conversation, as the host tells of it: each turn a second after the one before.
struct Talk {
  History history;
  std::int64_t now = 1'000'000;

  explicit Talk(History::Limits limits = {}) : history(limits) {}

  std::uint64_t begin(const std::string& id, const std::string& text, std::uint64_t reply = 0) {
    TurnRecord opening;
    opening.type = text.empty() ? "session.start" : "message";
    opening.turn_id = id;
    opening.session_id = "sess_1";
    opening.text = text;
    opening.begun_ms = now += 1000;
    return history.begin(opening, reply).number;
  }
  void says(std::uint64_t turn, const std::string& words, bool by_host = false) {
    const TurnRecord* record = history.turn(turn);
    std::vector<SaidPiece> all = record == nullptr ? std::vector<SaidPiece>() : record->said;
    all.push_back({words, now += 300, by_host});
    history.said(turn, all);
  }
  void ends(std::uint64_t turn, const std::string& outcome = "answered") {
    history.ended(turn, outcome, now += 10);
  }
  // A whole turn.
  std::uint64_t turn(const std::string& id, const std::string& text, const std::string& words,
                     const std::string& outcome = "answered") {
    const std::uint64_t number = begin(id, text);
    if (!words.empty()) says(number, words);
    ends(number, outcome);
    return number;
  }
  History::Correction heard(const std::string& text, const std::string& turn = "",
                            std::optional<double> words = std::nullopt) {
    return history.heard({text, turn, words});
  }

  // "user: Hi|assistant~: Hel": ~ cut, + host's words, * current.
  std::string script(std::uint64_t for_turn = 0, std::size_t most = 0,
                     std::size_t bytes = 0) const {
    std::string all;
    for (const HistoryLine& line : history.lines(for_turn, most, bytes)) {
      all += all.empty() ? "" : "|";
      all += line.by_caller ? "user" : "assistant";
      all += line.interrupted ? "~" : "";
      all += line.has_host_words ? "+" : "";
      all += line.is_current ? "*" : "";
      all += ": " + line.text;
    }
    return all;
  }
};

TEST_SUITE("history") {
  TEST_CASE("a talk is what was said in it, in turn") {
    Talk talk;
    talk.turn("t0", "", "Welcome.");
    talk.turn("t1", "A table for two.", "At what time?");
    const auto now = talk.begin("t2", "At eight.");
    CHECK(talk.script(now) ==
          "assistant: Welcome.|user: A table for two.|assistant: At what time?|user*: At eight.");
  }

  TEST_CASE("a turn has its place before anything is said, and what is said keeps its time") {
    Talk talk;
    const auto turn = talk.begin("t1", "Hello", 77);
    REQUIRE(talk.history.turns().size() == 1);
    CHECK(talk.history.turns()[0]->outcome.empty());
    CHECK(talk.history.number_of(77) == turn);
    CHECK(talk.history.number_of(78) == 0);
    CHECK(talk.history.number_of(0) == 0);
    const SaidPiece pieces[] = {{"Good ", 5000, false},
                                {"morning.", 5100, false},
                                {" One moment.", 5150, true},
                                {" Here.", 5400, false}};
    const TurnRecord* record = talk.history.said(turn, pieces);
    REQUIRE(record != nullptr);
    CHECK(record->said == std::vector<SaidPiece>{{"Good morning.", 5000, false},
                                                 {" One moment.", 5150, true},
                                                 {" Here.", 5400, false}});
    CHECK(talk.history.ended(turn, "answered", 6000)->ended_ms == 6000);
    CHECK(talk.script() == "user: Hello|assistant+: Good morning. One moment. Here.");
  }

  TEST_CASE("what is told to have been said until now counts once") {
    Talk talk;
    const auto turn = talk.begin("t1", "Hello");
    std::vector<SaidPiece> pieces{{"Good ", 5000, false}};
    talk.history.said(turn, pieces);
    pieces.push_back({"morning.", 6000, false});
    CHECK(talk.history.said(turn, pieces)->said == pieces);
    CHECK(talk.history.said(turn, pieces)->said == pieces);
    CHECK(talk.script() == "user: Hello|assistant~: Good morning.");
  }

  TEST_CASE(
      "two hosts that do not hear of each other give no number twice, and go on behind both") {
    History::Limits limits;
    limits.mark = 7;
    Talk one(limits);
    limits.mark = 9;
    Talk other(limits);
    CHECK(one.turn("t1", "Hello", "Hi.") == History::marks + 7);
    other.history.restore({*one.history.turns()[0]});
    const auto third = one.turn("t2", "One", "1");
    const auto fourth = other.turn("t2", "Other", "2");
    CHECK(third == 2 * History::marks + 7);
    CHECK(fourth == 2 * History::marks + 9);
    one.history.restore({*other.history.turn(fourth)});
    CHECK(one.begin("t3", "Both") == 3 * History::marks + 7);
    CHECK(one.script() ==
          "user: Hello|assistant: Hi.|user: One|assistant: 1|user: Other|"
          "assistant: 2|user: Both");
  }

  TEST_CASE("a turn ends once, and says nothing afterwards") {
    Talk talk;
    const auto turn = talk.turn("t1", "Hello", "Hi.", "interrupted");
    const SaidPiece piece{"Hi.", 9000, false};
    CHECK(talk.history.said(turn, {&piece, 1}) == nullptr);
    CHECK(talk.history.ended(turn, "answered", 9000) == nullptr);
    CHECK(talk.script() == "user: Hello|assistant~: Hi.");
  }

  TEST_CASE("what a turn says itself is not yet in what it reads, nor what came after it") {
    Talk talk;
    const auto first = talk.begin("t1", "One");
    talk.says(first, "Well");
    CHECK(talk.script(first) == "user*: One");
    const auto second = talk.begin("t2", "Two");
    CHECK(talk.script(first) == "user*: One");
    CHECK(talk.script(second) == "user: One|assistant~: Well|user*: Two");
  }

  TEST_CASE("what was shown is kept for the newest turns, and in the others its place is empty") {
    History history({.shown = 100});
    const auto show = [&](std::size_t pieces) {
      TurnRecord opening;
      opening.type = "message";
      const std::uint64_t turn = history.begin(opening).number;
      BesideWords beside;
      for (std::size_t i = 0; i < pieces; ++i)
        beside.shown.push_back({'"' + std::string(28, 'x') + '"', 1'000, 0});
      history.ended(turn, "answered", 2'000, beside);
      return turn;
    };
    const auto first = show(2);
    CHECK_FALSE(history.turn(first)->beside.cut);
    const auto second = show(1);
    CHECK(history.take_emptied().empty());
    const auto third = show(5);
    CHECK(history.turn(third)->beside.shown.size() == 3);
    CHECK(history.turn(third)->beside.cut);
    for (const auto turn : {first, second}) {
      CHECK(history.turn(turn)->beside.shown.empty());
      CHECK(history.turn(turn)->beside.cut);
    }
    CHECK(history.take_emptied() == std::vector{first, second});
    CHECK(history.take_emptied().empty());
  }

  TEST_CASE("an interruption leaves what was heard of the turn that it names") {
    Talk talk;
    talk.turn("t1", "Book it", "Your booking is set for eight.", "caller_gone");
    talk.begin("t2", "Wait");
    const auto correction = talk.heard("Your booking is", "t1");
    CHECK(correction.what == Corrected::as_heard);
    REQUIRE(correction.turn != nullptr);
    CHECK(correction.turn->heard == "Your booking is");
    CHECK(sent_in(*correction.turn) == "Your booking is set for eight.");
    CHECK(talk.script() == "user: Book it|assistant~: Your booking is|user: Wait");
  }

  TEST_CASE("without a name it is the newest turn that was cut, also one that still runs") {
    Talk talk;
    talk.turn("", "One", "First answer.", "interrupted");
    talk.turn("", "Two", "Second answer.", "interrupted");
    talk.begin("", "Three");
    CHECK(talk.heard("Second").turn->number == 2);
    const auto running = talk.begin("", "Four");
    talk.says(running, "Fourth answer.");
    CHECK(talk.heard("", "", 1).turn->number == running);
    CHECK(talk.script() ==
          "user: One|assistant~: First answer.|user: Two|assistant~: Second|"
          "user: Three Four|assistant~: Fourth");
  }

  TEST_CASE("several interruptions in a row each correct their own turn") {
    Talk talk;
    talk.turn("t1", "One", "First answer.", "interrupted");
    talk.begin("t2", "Two");
    talk.heard("First", "t1");
    talk.ends(2, "interrupted");  // before it said anything
    talk.begin("t3", "Three");
    CHECK(talk.heard("", "t2").what == Corrected::unknown_turn);
    talk.says(3, "Third answer.");
    talk.ends(3, "interrupted");
    talk.begin("t4", "Four");
    talk.heard("Third answer.", "t3");
    CHECK(talk.script() ==
          "user: One|assistant~: First|user: Two Three|assistant~: Third answer.|user: Four");
  }

  TEST_CASE("a late context finds its turn behind a newer one, by name or by its words") {
    for (const std::string name : {"t1", ""}) {
      Talk talk;
      talk.turn("t1", "One", "First answer.", "interrupted");
      talk.turn("t2", "Two", "Second answer.", "answered");
      talk.begin("t3", "Three");
      CHECK(talk.heard("First", name).turn->turn_id == "t1");
      CHECK(talk.script(3) ==
            "user: One|assistant~: First|user: Two|assistant: Second answer.|user*: Three");
    }
  }

  TEST_CASE("a turn that was complete is cut after all: the caller spoke into what was buffered") {
    Talk talk;
    talk.turn("t1", "One", "A long answer, all of it sent.");
    talk.begin("t2", "Two");
    CHECK(talk.heard("A long").what == Corrected::as_heard);
    CHECK(talk.script() == "user: One|assistant~: A long|user: Two");
  }

  TEST_CASE("a context that is partial corrects as much as it tells") {
    Talk talk;
    talk.turn("t1", "One", "one  two three four", "interrupted");
    CHECK(talk.heard("", "t1").what == Corrected::cut_only);
    CHECK(talk.script() == "user: One|assistant~: one  two three four");
    CHECK(talk.heard("", "t1", 2.7).turn->heard == "one  two");
    CHECK(talk.heard("", "t1", 99).turn->heard == "one  two three four");
    CHECK(talk.heard("", "t1", -1).what == Corrected::cut_only);
    CHECK(talk.heard("", "t1", 0).turn->heard == "");
    CHECK(talk.script() == "user: One");
  }

  TEST_CASE("a context that is wrong changes nothing that it does not name") {
    Talk talk;
    CHECK(talk.heard("anything").what == Corrected::unknown_turn);
    talk.turn("t1", "One", "First answer.", "interrupted");
    CHECK(talk.heard("First", "t9").what == Corrected::unknown_turn);
    CHECK(talk.script() == "user: One|assistant~: First answer.");
  }

  TEST_CASE("what was heard is believed in other words, but never makes a turn longer") {
    Talk talk;
    talk.turn("t1", "Price?", "That is $ 5 for all of it.", "interrupted");
    CHECK(talk.heard("That is five dollars", "t1").what == Corrected::disagrees);
    CHECK(talk.script() == "user: Price?|assistant~: That is five dollars");
    CHECK(talk.heard("That is five dollars for all of it.", "t1").what == Corrected::disagrees);
    CHECK(talk.script() == "user: Price?|assistant~: That is $ 5 for all of it.");
    CHECK(talk.heard("That is $ 5 for all of it. And more.", "t1").turn->heard ==
          "That is $ 5 for all of it.");
  }

  TEST_CASE("blanks are as wide as they were sent, whatever the pipeline makes of them") {
    Talk talk;
    talk.turn("t1", "One", " Well,\n\nlet me  see. Yes.", "interrupted");
    CHECK(talk.heard("Well, let me see. ", "t1").turn->heard == " Well,\n\nlet me  see.");
    CHECK(talk.heard("Wel l, let", "t1").what == Corrected::disagrees);
  }

  TEST_CASE("a turn that said nothing leaves no line, and the caller's lines become one") {
    Talk talk;
    talk.turn("t1", "Two", "", "interrupted");
    talk.turn("t2", "croissants", "", "interrupted");
    const auto now = talk.begin("t3", "please");
    CHECK(talk.script(now) == "user*: Two croissants please");
    const auto line = talk.history.lines(now, 0, 0).at(0);
    CHECK(line.turn_id == "t3");
    CHECK(line.unix_ms == 1'001'000);
  }

  TEST_CASE("as many lines and bytes come as fit, the newest") {
    Talk talk;
    for (int i = 1; i <= 5; ++i)
      talk.turn("t", "ask" + std::to_string(i), "say" + std::to_string(i));
    CHECK(talk.script(0, 3) == "assistant: say4|user: ask5|assistant: say5");
    CHECK(talk.script(0, 0, 12) == "assistant: say4|user: ask5|assistant: say5");
    CHECK(talk.script(0, 0, 11) == "user: ask5|assistant: say5");
    CHECK(talk.script(0, 0, 1) == "");
    CHECK(talk.script(0, 1, 1000) == "assistant: say5");
  }

  TEST_CASE("the oldest turns go when there are too many, or too long ones, and are told") {
    History::Limits limits;
    limits.turns = 2;
    Talk talk(limits);
    for (int i = 1; i <= 4; ++i) talk.turn("t", "ask", "say");
    CHECK(talk.history.turns().size() == 2);
    CHECK(talk.history.take_dropped() == std::vector<std::uint64_t>{1, 2});
    CHECK(talk.history.take_dropped().empty());
    CHECK(talk.history.said(1, {}) == nullptr);
    CHECK(talk.history.ended(1, "answered", 1) == nullptr);

    limits = {};
    limits.bytes = 100;
    Talk wordy(limits);
    wordy.turn("t1", std::string(40, 'a'), std::string(40, 'b'));
    const auto last = wordy.begin("t2", std::string(1000, 'c'));
    for (int i = 0; i < 1000; ++i) wordy.says(last, std::string(10, 'd'));
    REQUIRE(wordy.history.turns().size() == 1);
    CHECK(wordy.history.turns()[0]->text.size() == 100);
    CHECK(sent_in(*wordy.history.turns()[0]).empty());
    const SaidPiece longer{std::string(90, 'a') + "\u00e9\u00e9\u00e9\u00e9", 1, false};
    const auto turn = wordy.begin("t3", "?");
    const TurnRecord* cut = wordy.history.said(turn, {&longer, 1});
    CHECK(sent_in(*cut) ==
          std::string(90, 'a'));  // with its ids it has 100 bytes and no half letter
    CHECK(cut->beside.cut);
  }

  TEST_CASE("what a store kept is taken up, and a turn whose host died counts as cut") {
    Talk before;
    before.turn("t1", "One", "First.");
    before.says(before.begin("t2", "Two"), "Seco");
    std::vector<TurnRecord> records;
    for (const TurnRecord* record : before.history.turns())
      records.insert(records.begin(), *record);
    Talk after;
    after.history.restore(records);
    after.history.restore(records);
    CHECK(after.begin("t3", "Three") == 3);
    CHECK(after.script(3) == "user: One|assistant: First.|user: Two|assistant~: Seco|user*: Three");
  }

  TEST_CASE("whatever happens, roles alternate and nothing is longer than what was sent") {
    for (unsigned seed = 0; seed < 300; ++seed) {
      std::mt19937 random(seed);
      const auto one_in = [&](unsigned n) { return random() % n == 0; };
      Talk talk({8, 400});
      std::vector<std::uint64_t> open;
      for (int step = 0; step < 60; ++step) {
        const std::string id = one_in(5) ? "" : "t" + std::to_string(random() % 12);
        if (one_in(3)) open.push_back(talk.begin(id, std::string(random() % 20, 'q')));
        const std::uint64_t turn = open.empty() ? 7 : open[random() % open.size()];
        if (one_in(2)) talk.says(turn, "some words " + std::to_string(step), one_in(6));
        if (one_in(4)) talk.ends(turn, one_in(2) ? "answered" : "interrupted");
        if (one_in(4)) {
          const std::string texts[] = {"", "some words", "some", "none of it",
                                       std::string(99, 'x')};
          talk.heard(texts[random() % 5], id,
                     one_in(2) ? std::optional<double>(random() % 5) : std::nullopt);
        }
        for (const TurnRecord* record : talk.history.turns())
          CHECK(heard_in(*record).size() <= sent_in(*record).size());
        const std::size_t most = random() % 6, bytes = random() % 100;
        const auto lines = talk.history.lines(one_in(2) ? turn : 0, most, bytes);
        std::size_t sum = 0;
        for (std::size_t i = 0; i < lines.size(); ++i) {
          sum += lines[i].text.size();
          CHECK_FALSE(lines[i].text.empty());
          if (i > 0) CHECK(lines[i].by_caller != lines[i - 1].by_caller);
          CHECK((!lines[i].is_current || i + 1 == lines.size()));
        }
        CHECK((most == 0 || lines.size() <= most));
        CHECK((bytes == 0 || sum <= bytes));
      }
    }
  }
}

}  // namespace
}  // namespace patchbay
