// SPDX-License-Identifier: MIT
#include "reload/figures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

namespace patchbay::test {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string words(const Spread& spread, std::string_view unit) {
  return fmt::format("p50 {:.2f} {}   p99 {:.2f} {}   max {:.2f} {}", spread.p50, unit, spread.p99,
                     unit, spread.max, unit);
}

Json as_json(const Spread& spread) {
  return {{"p50", spread.p50}, {"p99", spread.p99}, {"max", spread.max}};
}

Json as_json(const ProcessView& view) {
  return {{"rss_kib", view.rss_kib},
          {"threads", view.threads},
          {"ran_s", view.ran_s},
          {"waited_s", view.waited_s},
          {"fds", view.plain_fds + view.copy_fds},
          {"copies_mapped", view.copies_mapped.size()},
          {"code_mapped", view.code_mapped.size()}};
}

}  // namespace

void Figures::add(const Conversation::Tally& caller) {
  for (std::size_t kind = 0; kind < callers.sent.size(); ++kind)
    callers.sent[kind] += caller.sent[kind];
  callers.answered += caller.answered;
  callers.lost += caller.lost;
  callers.wrong += caller.wrong;
  callers.closed += caller.closed;
  append(callers.quiet_ms, caller.quiet_ms);
  append(callers.reloading_ms, caller.reloading_ms);
  append(faults, caller.faults);
}

std::uint64_t Figures::sent() const {
  return std::accumulate(callers.sent.begin(), callers.sent.end(), std::uint64_t{0});
}

std::string Figures::text() const {
  std::string all;
  const auto line = [&](std::string_view name, const std::string& value) {
    all += fmt::format("{:<20} {}\n", name, value);
  };
  const std::size_t quiet = callers.quiet_ms.size();
  const std::size_t reloading = callers.reloading_ms.size();
  line("turns sent", fmt::format("{} ({} sync, {} task, {} thread)", sent(), callers.sent[0],
                                 callers.sent[1], callers.sent[2]));
  line("turns answered", std::to_string(callers.answered));
  line("lost", std::to_string(callers.lost));
  line("wrong", std::to_string(callers.wrong));
  line("connections closed", std::to_string(callers.closed));
  line("reloads",
       fmt::format("{} in {:.1f} s, under {} turns", reloads, reloading_seconds, reloading));
  line("versions unmapped",
       fmt::format("{} of {} replaced; {} stay mapped, {} still serve or stand by", unmapped,
                   reloads, stayed_mapped, live));
  line("memory", fmt::format("{} KiB after reload {}, {} KiB after the last: {:+} KiB",
                             early.rss_kib, early_at, late.rss_kib, growth_kib()));
  line("  at each tenth", fmt::format("{} KiB", fmt::join(rss_kib, " ")));
  line("threads",
       fmt::format("{} before, {} after reload {}, {} after the last, {} at rest", before.threads,
                   early.threads, early_at, late.threads, after.threads));
  line("descriptors", fmt::format("{} before, {} at rest, without those of plugins",
                                  before.plain_fds, after.plain_fds));
  line("processor",
       fmt::format("the host ran {:.1f} s of the reloads, and was ready for one that was "
                   "busy for {:.1f} s, over all its threads",
                   late.ran_s - before.ran_s, late.waited_s - before.waited_s));
  line("swap", words(swap_us, "us"));
  line("reload", words(reload_ms, "ms"));
  line("first word, quiet",
       fmt::format("{}   ({} turns in {:.1f} s)", words(quiet_ms, "ms"), quiet, quiet_seconds));
  line("first word, reloads", words(reloading_ms, "ms"));
  for (const std::string& fault : faults) line("FAULT", fault);
  return all;
}

std::string Figures::json(const Plan& plan) const {
  Json kinds;
  for (std::size_t kind = 0; kind < callers.sent.size(); ++kind)
    kinds[std::string(Conversation::kinds[kind])] = callers.sent[kind];
  return Json{
      {"plan",
       {{"reloads", plan.reloads},
        {"turns", plan.turns},
        {"conversations", plan.conversations},
        {"seed", plan.seed},
        {"trigger", plan.trigger},
        {"probation", plan.probation}}},
      {"turns", sent()},
      {"turns_by_kind", kinds},
      {"answered", callers.answered},
      {"lost", callers.lost},
      {"wrong", callers.wrong},
      {"connections_closed", callers.closed},
      {"reloads", reloads},
      {"unmapped", unmapped},
      {"stay_mapped", stayed_mapped},
      {"live", live},
      {"rss_growth_kib", growth_kib()},
      {"rss_kib", rss_kib},
      {"process",
       {{"before", as_json(before)},
        {"early", as_json(early)},
        {"late", as_json(late)},
        {"after", as_json(after)}}},
      {"swap_us", as_json(swap_us)},
      {"reload_ms", as_json(reload_ms)},
      {"first_word_ms", {{"quiet", as_json(quiet_ms)}, {"reloading", as_json(reloading_ms)}}},
      {"seconds", {{"quiet", quiet_seconds}, {"reloading", reloading_seconds}}},
      {"faults", faults}}
      .dump(2);
}

}  // namespace patchbay::test
