// SPDX-License-Identifier: MIT
// Everything that may be asked of a host, at once and without pause, while its files are replaced,
// removed and damaged and people talk: in the end it is still right.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "reload/admin_socket.h"
#include "reload/process_view.h"
#include "reload/stage.h"

namespace patchbay::test {
namespace {

using Random = std::mt19937;

constexpr unsigned operators = 4, callers = 3;
constexpr int wishes_each = 60, deeds = 150;  // or less, where a machine is slow:
constexpr std::chrono::seconds at_most{20};
constexpr int best = 2;  // the version that serves in the end

unsigned pick(Random& random, std::size_t count) {
  return static_cast<unsigned>(std::uniform_int_distribution<std::size_t>(0, count - 1)(random));
}

// The sum of all lines of a metric.
double sum_of(const std::string& metrics, const std::string& name) {
  double sum = 0;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + "{")) sum += std::stod(line.substr(line.rfind(' ')));
  }
  return sum;
}

class Hammer : Stage {
 public:
  void run();

 private:
  void call(Random random);
  void wish(Random random);
  void meddle(Random random);
  void configure(const std::string& text) const {
    write("coming.toml", "[server]\nmetrics = true\n[plugins]\n" + text);
    fs::rename(home.path / "coming.toml", home.path / "p.toml");
  }
  [[nodiscard]] HostProcess::Setup setup(const std::string& socket) const {
    return serving(plugins, {"--config", home.of("p.toml"), "--admin", socket});
  }
  void damage(Random& random, const std::string& name) const;
  [[nodiscard]] Json standing() const {
    return Json::parse(ask_admin(socket_, "GET", "/agents").body);
  }
  [[nodiscard]] bool time_is_up() const { return std::chrono::steady_clock::now() > until_; }
  void fault(const std::string& what) {
    const std::lock_guard lock(mutex_);
    faults_.insert(what);
  }

  void put_right();
  void check_standing() const;
  void check_turns();
  void check_holdings();
  void check_end();

  const std::string socket_ = home.of("admin");
  HostProcess host_{[&] {
    configure("probation = \"200ms\"\n");
    return setup(socket_);
  }()};
  const std::uint16_t port_ = host_.port();
  const std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + at_most;
  std::atomic<bool> over_ = false;  // for those who call
  std::atomic<std::uint64_t> answered_ = 0;
  std::mutex mutex_;  // guards faults_
  std::set<std::string> faults_;
};

void Hammer::call(Random random) {
  const std::set<std::string> right{"version 1", "version 2"};
  while (!over_) {
    const std::string conversation = "conv_" + std::to_string(pick(random, 9));
    const Answer answer =
        say(port_, pick(random, 3) == 0 ? "twin" : "speaker", "hello", conversation);
    if (answer.status == 404 && answer.whole) continue;  // it is unloaded
    if (answer.status != 200 || !answer.whole || answer.ends() != 1) {
      fault("a turn was not answered: " + std::to_string(answer.status) + " " + answer.body);
      continue;
    }
    ++answered_;
    if (answer.spoken().starts_with("version ") && !right.contains(answer.spoken()))
      fault("a turn was answered: " + answer.spoken());
  }
}

void Hammer::wish(Random random) {
  struct Wish {
    const char* method;
    const char* path;
    std::string body;
    std::set<int> right;  // statuses
  };
  const Wish wishes[] = {
      {"POST", "/load", R"({"what":"speaker"})", {200, 404, 422}},
      {"POST", "/load", Json{{"what", file.string()}}.dump(), {200, 404, 422}},
      {"POST", "/load", Json{{"what", (plugins / "twin.so").string()}}.dump(), {200, 404, 422}},
      {"POST", "/agents/speaker/unload", "", {200, 404, 409}},
      {"POST", "/agents/twin/unload", "", {200, 404, 409}},
      {"POST", "/agents/speaker/rollback", "", {200, 404, 409}},
      {"POST", "/agents/twin/rollback", "", {200, 404, 409}},
      {"POST", "/agents/nobody/unload", "", {404}},
      {"POST", "/reload", "", {200, 422}},
      {"POST", "/drain", R"({"draining":true})", {200}},
      {"POST", "/drain", R"({"draining":false})", {200}},
      {"PUT", "/log-level", R"({"level":"debug"})", {200}},
      {"PUT", "/log-level", R"({"level":"info"})", {200}},
      {"GET", "/agents", "", {200}},
      {"GET", "/agents", "", {200}},
  };
  for (int i = 0; i < wishes_each && !time_is_up(); ++i) {
    const Wish& wish = wishes[pick(random, std::size(wishes))];
    const Answer answer = ask_admin(socket_, wish.method, wish.path, wish.body);
    if (!wish.right.contains(answer.status))
      fault(std::string(wish.path) + ": " + std::to_string(answer.status) + " " + answer.body);
  }
}

void Hammer::damage(Random& random, const std::string& name) const {
  std::error_code gone;
  const fs::path there = plugins / name;
  switch (pick(random, 5)) {
    case 0:
      fs::resize_file(there, pick(random, 20'000), gone);
      break;
    case 1:
      std::ofstream(there) << "no plugin";
      break;
    case 2:
      fs::remove(there, gone);
      fs::create_symlink(name, there, gone);  // to itself
      break;
    case 3:
      std::ofstream(there.string() + ".sha256") << "0000";
      break;
    default:
      fs::remove(there.string() + ".sha256", gone);
  }
}

void Hammer::meddle(Random random) {
  std::error_code gone;
  for (int i = 0; i < deeds && !time_is_up(); ++i) {
    const std::string name = pick(random, 3) == 0 ? "twin.so" : "speaker.so";
    switch (pick(random, 8)) {
      case 0:
        fs::remove(plugins / name, gone);
        break;
      case 1:
        damage(random, name);
        break;
      case 2:
        fs::rename(plugins, home.path / "away");
        fs::rename(home.path / "away", plugins);
        break;
      case 3:
        configure(pick(random, 4) == 0
                      ? "probtion = 1\n"
                      : "probation = \"" + std::to_string(pick(random, 3) * 100) + "ms\"\n");
        break;
      case 4:
        put(version(3), name);  // it fails in every turn
        break;
      default:
        put(version(static_cast<int>(pick(random, 2)) + 1), name);
    }
    host_.signal(pick(random, 9) == 0 ? SIGHUP : 0);
    // About as fast as files settle: else none would ever be tried.
    std::this_thread::sleep_for(std::chrono::milliseconds(pick(random, 200)));
  }
}

// What an operator does in the morning.
void Hammer::put_right() {
  std::error_code gone;
  for (const char* name : {"twin.so", "twin.so.sha256", "speaker.so.sha256"})
    fs::remove(plugins / name, gone);
  configure("probation = \"100ms\"\n");
  put(version(best));
  CHECK(ask_admin(socket_, "POST", "/drain", R"({"draining":false})").status == 200);
  CHECK(ask_admin(socket_, "PUT", "/log-level", R"({"level":"info"})").status == 200);
  CHECK(ask_admin(socket_, "POST", "/reload").status == 200);
  const int ended = ask_admin(socket_, "POST", "/agents/twin/unload").status;
  CHECK((ended == 200 || ended == 404 || ended == 409));  // 409: it was unloaded already
  const std::string path = Json{{"what", file.string()}}.dump();
  const Answer loaded = ask_admin(socket_, "POST", "/load", path);
  CHECK_MESSAGE(loaded.status == 200, loaded.body);
  CHECK(words(host_) == "version 2");
  ++answered_;
}

void Hammer::check_standing() const {
  const auto is_gone = [](const Json& generation) { return generation.at("state") == "unmapped"; };
  CHECK(eventually([&] {  // until all probations and drains are over
    std::size_t left = 0;
    const Json now = standing();
    for (const Json& plugin : now.at("plugins")) {
      const Json& all = plugin.at("generations");
      left += all.size() - static_cast<std::size_t>(std::count_if(all.begin(), all.end(), is_gone));
    }
    return left == 1 && now.at("turns_open") == 0;
  }));
  const Json now = standing();
  INFO(now.dump(1));
  CHECK(now.at("draining") == false);
  std::set<std::uint64_t> numbers;
  std::size_t serving = 0;
  for (const Json& plugin : now.at("plugins")) {
    CHECK(plugin.at("doing") == "");
    for (const Json& generation : plugin.at("generations")) {
      CHECK(numbers.insert(generation.at("number").get<std::uint64_t>()).second);
      if (is_gone(generation)) continue;
      ++serving;
      CHECK(plugin.at("agents").at(0) == "speaker");
      CHECK(generation.at("state") == "current");
      CHECK(generation.at("version") == "2.0.0");
      CHECK(generation.at("leases") == 0);
    }
  }
  CHECK(serving == 1);
}

void Hammer::check_turns() {
  const auto counted = [&](const std::string& name) {
    return sum_of(get(port_, "/metrics").body, name);
  };
  // A turn is counted just after its last word.
  eventually([&] { return counted("patchbay_turns_total") >= static_cast<double>(answered_); });
  CHECK(counted("patchbay_turns_total") == static_cast<double>(answered_));
  CHECK(counted("patchbay_retired_total") > 0);
}

void Hammer::check_holdings() {
  const auto held = [&] { return ProcessView::of(host_.pid()); };
  // One more copy may be kept to roll back to, for each plugin that is still told of.
  CHECK(eventually([&] {
    const ProcessView now = held();
    return now.code_mapped.size() == 1 && now.copy_fds <= 3;
  }));
  const HostProcess fresh(setup(home.of("other")));  // which has never seen anything
  CHECK(fresh.logs("agent ready"));
  CHECK(eventually([&] { return held().plain_fds <= ProcessView::of(fresh.pid()).plain_fds; }));
}

void Hammer::check_end() {
  host_.signal(SIGTERM);
  CHECK(host_.wait() == 0);
  CHECK(host_.logs_line({"stopped", "clean=true"}));
  const std::string log = host_.log();
  for (const char* bad : {"does not let go", "did not let go", "stays mapped", "cut off"})
    CHECK_MESSAGE(log.find(bad) == std::string::npos, bad);
}

void Hammer::run() {
  put(version(1), "twin.so");  // two files of one plugin: one of them waits for the other to go
  std::vector<std::thread> calling, asking;
  for (unsigned i = 0; i < callers; ++i) calling.emplace_back([this, i] { call(Random(100 + i)); });
  for (unsigned i = 0; i < operators; ++i)
    asking.emplace_back([this, i] { wish(Random(200 + i)); });
  meddle(Random(300));
  for (std::thread& thread : asking) thread.join();
  over_ = true;
  for (std::thread& thread : calling) thread.join();
  put_right();
  check_standing();
  check_turns();
  check_holdings();
  check_end();
  for (const std::string& fault : faults_) FAIL_CHECK(fault);
}

TEST_SUITE("hammer") {
  TEST_CASE("a host that everything happens to at once is still right in the end") {
    Hammer().run();
  }
}

}  // namespace
}  // namespace patchbay::test
