// SPDX-License-Identifier: MIT
#include "reload/soak.h"

#include <csignal>
#include <fstream>
#include <list>
#include <thread>

#include "reload/admin_socket.h"
#include "reload/host_log.h"
#include "reload/replacer.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace patchbay::test {
namespace {

constexpr std::uint64_t most_early = 50;       // reloads before memory is first looked at
constexpr std::size_t most_more_threads = 16;  // of the host, between that look and the last
constexpr unsigned quiet_share = 5;            // one in so many turns comes before the reloads
constexpr unsigned tenths = 10;

HostProcess::Setup setup_for(const Plan& plan, const TempDir& place) {
  const std::string plugins = place.of("plugins");
  std::filesystem::create_directory(plugins);
  place_talker(plugins, 1);
  HostProcess::Setup setup = serving(plugins, {"--log-format", "json"});
  // Answers that are kept for a repeat would look like memory that is lost.
  std::ofstream config(place.of("patchbay.toml"));
  config << "[webhook]\nduplicates = \"run\"\n";
  if (!plan.probation.empty()) config << "[plugins]\nprobation = \"" << plan.probation << "\"\n";
  setup.arguments.insert(setup.arguments.end(), {"--config", place.of("patchbay.toml")});
  if (plan.trigger == "admin")
    setup.arguments.insert(setup.arguments.end(), {"--admin", place.of("admin.sock")});
  return setup;
}

class Soak {
 public:
  explicit Soak(const Plan& plan)
      : plan_(plan),
        host_(setup_for(plan, place_)),
        log_(host_),
        replacer_(host_, log_, floor_.succession,
                  {plan.trigger, place_.of("plugins"), place_.of("admin.sock")}) {}

  Figures run();

 private:
  bool wait_for_turns(std::uint64_t count);
  void talk_quietly();
  void talk_and_reload();
  void hang_up();
  void look_after_each_reload();
  void wait_for_the_last_to_go();
  void look_at_rest();
  void stop_host();
  void judge();
  void fault(const std::string& what) { figures_.faults.push_back(what); }
  [[nodiscard]] std::size_t versions_in_memory();

  const Plan plan_;
  const TempDir place_;
  HostProcess host_;
  HostLog log_;
  Floor floor_;
  Replacer replacer_;
  std::list<Conversation> conversations_;
  std::vector<std::thread> threads_;
  Figures figures_;
};

Figures Soak::run() {
  floor_.port = host_.port();
  floor_.versions = talker_versions;
  log_.read();
  for (unsigned i = 0; i < plan_.conversations; ++i) {
    Conversation& conversation = conversations_.emplace_back(floor_, i, plan_.seed);
    threads_.emplace_back([&conversation] { conversation.run(); });
  }
  talk_quietly();
  talk_and_reload();
  hang_up();
  wait_for_the_last_to_go();
  look_at_rest();
  stop_host();
  judge();
  return figures_;
}

// False where no turn was answered for long.
bool Soak::wait_for_turns(std::uint64_t count) {
  for (std::uint64_t before = floor_.answered; before < count; before = floor_.answered) {
    if (eventually([&] { return floor_.answered != before; })) continue;
    fault("no turn is answered any more");
    return false;
  }
  return true;
}

void Soak::talk_quietly() {
  const auto began = SoakClock::now();
  wait_for_turns(plan_.turns / quiet_share);
  figures_.quiet_seconds = std::chrono::duration<double>(SoakClock::now() - began).count();
  figures_.before = ProcessView::of(host_.pid());
}

// The reloads are spread evenly over the turns.
void Soak::talk_and_reload() {
  const std::uint64_t from = plan_.turns / quiet_share;
  const auto began = SoakClock::now();
  floor_.reloading = true;
  while (replacer_.done() < plan_.reloads) {
    if (!wait_for_turns(from + (plan_.turns - from) * replacer_.done() / plan_.reloads)) return;
    if (const std::string wrong = replacer_.replace(); !wrong.empty()) return fault(wrong);
    look_after_each_reload();
  }
  wait_for_turns(plan_.turns);
  figures_.late = ProcessView::of(host_.pid());
  figures_.reloading_seconds = std::chrono::duration<double>(SoakClock::now() - began).count();
}

void Soak::look_after_each_reload() {
  const std::uint64_t done = replacer_.done();
  if (done == std::max<std::uint64_t>(1, std::min(most_early, plan_.reloads / 2))) {
    figures_.early = ProcessView::of(host_.pid());
    figures_.early_at = done;
  }
  if (done * tenths / plan_.reloads != (done - 1) * tenths / plan_.reloads)
    figures_.rss_kib.push_back(ProcessView::of(host_.pid()).rss_kib);
}

// The connections stay open: a host that lost one must not look as if it had not.
void Soak::hang_up() {
  floor_.stop = true;
  for (std::thread& thread : threads_) thread.join();
  for (const Conversation& conversation : conversations_) figures_.add(conversation.tally());
  figures_.reloads = replacer_.done();
}

// What serves, and while it is on probation what stands by.
std::size_t Soak::versions_in_memory() {
  return plan_.probation == "0ms" ? 1 : 2;
}

void Soak::wait_for_the_last_to_go() {
  eventually([&] {
    log_.read();
    figures_.after = ProcessView::of(host_.pid());
    figures_.live = figures_.after.code_mapped.size();
    return log_.unmapped() + figures_.live == log_.swaps().size() &&
           figures_.live <= versions_in_memory();
  });
  figures_.unmapped = log_.unmapped();
  figures_.stayed_mapped = log_.stayed_mapped();
}

void Soak::look_at_rest() {
  if (figures_.live + figures_.unmapped != figures_.reloads + 1 ||
      figures_.live > versions_in_memory() || figures_.stayed_mapped != 0)
    fault("not every version that was replaced is unmapped");
  // One more copy may be there to roll back to, whose code is not mapped.
  const std::size_t copies = figures_.after.copies_mapped.size();
  if (copies > std::max(figures_.live, std::size_t{2}) || figures_.after.copy_fds != copies)
    fault("private copies of versions that are gone are left");
  if (plan_.trigger != "admin") return;
  const Json standing = Json::parse(ask_admin(place_.of("admin.sock"), "GET", "/agents").body);
  std::size_t told = 0;
  for (const Json& generation : standing.at("plugins").at(0).at("generations"))
    told += generation.at("state") == "unmapped" ? 0 : 1;
  if (told != figures_.live)
    fault("GET /agents tells of " + std::to_string(told) + " versions in memory, not of " +
          std::to_string(figures_.live));
}

void Soak::stop_host() {
  host_.signal(SIGTERM);
  if (const int code = host_.wait(); code != 0)
    fault("the host ended with " + std::to_string(code));
  log_.read();
  for (const std::string& complaint : log_.complaints()) fault("the host's log: " + complaint);
}

void Soak::judge() {
  const Conversation::Tally& callers = figures_.callers;
  if (callers.lost + callers.wrong + callers.closed > 0) fault("turns went wrong");
  if (callers.answered != figures_.sent()) fault("not every turn was answered");
  if (figures_.reloads < plan_.reloads) fault("not every reload came about");
  if (figures_.after.plain_fds != figures_.before.plain_fds) fault("descriptors were left open");
  if (figures_.late.threads > figures_.early.threads + most_more_threads)
    fault("the host's threads become more");
  if (plan_.most_growth_kib >= 0 && figures_.growth_kib() > plan_.most_growth_kib)
    fault("the host's memory grows");
  std::vector<float> swaps;
  for (std::size_t i = 1; i < log_.swaps().size(); ++i)
    swaps.push_back(static_cast<float>(log_.swaps()[i].swap_us));
  figures_.swap_us = Spread::of(swaps);
  figures_.reload_ms = Spread::of(replacer_.took_ms());
  figures_.quiet_ms = Spread::of(callers.quiet_ms);
  figures_.reloading_ms = Spread::of(callers.reloading_ms);
}

}  // namespace

Figures soak(const Plan& plan) {
  return Soak(plan).run();
}

}  // namespace patchbay::test
