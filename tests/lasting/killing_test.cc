// SPDX-License-Identifier: MIT
// Hosts are killed at random moments while people talk, and started again. What a caller was told
// is written stays written, and what was done is done once.
//   PATCHBAY_KILLS=200 PATCHBAY_SEED=7 lasting_tests --test-suite=killing    by hand
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lasting/scene.h"
#include "lasting/verdict.h"
#include "machine/sqlite_file.h"
#include "support/environment.h"
#include "support/redis_server.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

constexpr int callers = 4;

// What all callers share. [any]
struct Street {
  std::atomic<std::uint16_t> port = 0;  // 0: no host is up
  std::atomic<bool> closing = false;
};

// One conversation, as its caller knows it.
struct Talk {
  std::string name;
  int turns = 0;
  int acknowledged = 0;              // the highest count that was said to be written
  std::map<std::string, bool> told;  // turns that had their end: was the step told as done?
  std::string unfinished;            // the last turn, where that was cut
};

// Counts, turn after turn; calls anew when a conversation has been long. One that was cut is
// repeated at once, by every second caller; the others call anew, and repeat it when nobody is
// killed any more: a host of a fleet waits some seconds before it believes that another one is
// dead.
class Caller {
 public:
  Caller(Street& street, int number) : street_(street), number_(number) {}

  void run() {
    while (!street_.closing) {
      if (talks_.empty() || talks_.back().turns == most_turns || !talks_.back().unfinished.empty())
        call();
      Talk& talk = talks_.back();
      talk.unfinished = talk.name + "_turn_" + std::to_string(++talk.turns);
      const int cut_before = cut_;
      const auto is_given_up = [&] { return number_ % 2 == 1 && cut_ > cut_before; };
      while (!street_.closing && !is_given_up() && !take(talk)) {
      }
    }
    for (Talk& talk : talks_) {
      if (!talk.unfinished.empty() && !eventually([&] { return take(talk); }))
        faults_.push_back(talk.unfinished + " was never answered");
    }
  }

  [[nodiscard]] const std::vector<Talk>& talks() const { return talks_; }
  [[nodiscard]] int cut() const { return cut_; }
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

 private:
  static constexpr int most_turns = 60;  // a journal has room for 256 steps

  void call() {
    Talk talk;
    talk.name = "conv_" + std::to_string(number_) + "_" + std::to_string(talks_.size());
    talks_.push_back(std::move(talk));
  }

  // Did its unfinished turn have its end?
  bool take(Talk& talk) {
    const std::string turn = talk.unfinished;
    const std::uint16_t port = street_.port;
    if (port == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return false;
    }
    try {
      const Heard heard = hear(port, "diary", message("count", talk.name, turn));
      if (!heard.whole) {
        ++cut_;
        return false;
      }
      judge(talk, turn, heard.words);
      talk.unfinished.clear();
      return true;
    } catch (const std::exception&) {  // its host was killed
      ++cut_;
      return false;
    }
  }

  void judge(Talk& talk, const std::string& turn, const std::string& words) {
    talk.told[turn] = words.starts_with("count ");
    if (words == failure_line) return;
    const int count = std::stoi(words.substr(words.find(' ')));
    if (count <= talk.acknowledged || count > talk.turns)
      faults_.push_back(turn + " heard \"" + words + "\" after " +
                        std::to_string(talk.acknowledged));
    if (!words.starts_with("late ")) talk.acknowledged = count;
  }

  Street& street_;
  const int number_;
  std::vector<Talk> talks_;
  int cut_ = 0;
  std::vector<std::string> faults_;
};

// Lets them talk while hosts are killed; at the end a host is up that nobody kills.
std::unique_ptr<HostProcess> kill_hosts(const Scene& scene, std::vector<Caller>& people,
                                        Street& street) {
  const unsigned from = seed();
  const unsigned kills = number_given("PATCHBAY_KILLS", 6);
  MESSAGE("seed " << from << ", kills " << kills);
  std::mt19937 random(from);
  std::vector<std::thread> threads;
  for (Caller& caller : people) threads.emplace_back([&caller] { caller.run(); });
  std::unique_ptr<HostProcess> host;
  for (unsigned kill = 0; kill < kills; ++kill) {
    host = scene.open();
    street.port = host->port();
    // The moment is to be any: that is what the test is about.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 300'000));
    host->signal(SIGKILL);
    street.port = 0;
    CHECK(host->wait() == 128 + SIGKILL);
  }
  host = scene.open();
  street.port = host->port();
  street.closing = true;
  for (std::thread& thread : threads) thread.join();
  return host;
}

void judge_deeds(const std::map<std::string, int>& deeds, const Talk& talk) {
  for (const auto& [turn, is_sure] : talk.told) {
    CAPTURE(turn);
    const auto found = deeds.find(talk.name + ' ' + turn);
    if (is_sure) CHECK(found != deeds.end());
  }
}

void judge_talk(HostProcess& host, const Talk& talk) {
  CAPTURE(talk.name);
  const std::string now = say_in(host, "diary", talk.name, "get");
  CAPTURE(now);
  REQUIRE(now.starts_with("at "));
  CHECK(std::stoi(now.substr(3)) >= talk.acknowledged);
  CHECK(std::stoi(now.substr(3)) <= talk.turns);
  const std::string history = say_in(host, "diary", talk.name, "history");
  CAPTURE(history);
  CHECK(takes_turns(history));
  CHECK(history.ends_with("caller: history"));
}

void judge_end(const Scene& scene, HostProcess& host, const std::vector<Caller>& people) {
  std::map<std::string, int> deeds;
  for (const std::string& line : scene.deeds()) {
    CAPTURE(line);
    CHECK(++deeds[line] == 1);
  }
  int cut = 0;
  std::size_t answered = 0;
  std::size_t unsure = 0;
  for (const Caller& caller : people) {
    for (const std::string& fault : caller.faults()) FAIL_CHECK(fault);
    cut += caller.cut();
    for (const Talk& talk : caller.talks()) {
      judge_deeds(deeds, talk);
      judge_talk(host, talk);
      answered += talk.told.size();
      for (const auto& [turn, is_sure] : talk.told) unsure += is_sure ? 0 : 1;
    }
  }
  MESSAGE(answered << " turns answered, " << cut << " cut, " << unsure
                   << " late, in doubt or failed; " << deeds.size() << " deeds");
  CHECK(answered > unsure);
  CHECK(cut > 0);
}

void run_with(const Scene& scene) {
  Street street;
  std::vector<Caller> people;
  for (int i = 0; i < callers; ++i) people.emplace_back(street, i);
  const auto host = kill_hosts(scene, people, street);
  judge_end(scene, *host, people);
}

TEST_SUITE("killing") {
  TEST_CASE("with SQLite a kill at any moment loses nothing that was acknowledged") {
    const Scene scene;
    run_with(scene);
    const auto file = SqliteFile::open(scene.database(), std::chrono::seconds(5));
    REQUIRE(file);
    const auto found = (*file)->text("PRAGMA integrity_check");
    REQUIRE(found);
    CHECK(*found == "ok");
  }

  TEST_CASE("with Redis a kill at any moment loses nothing that was acknowledged") {
    const RedisServer redis;
    const Scene scene("unix:" + redis.socket());
    run_with(scene);
  }
}

}  // namespace
}  // namespace patchbay::test
