// SPDX-License-Identifier: MIT
#include "check/load_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "machine/process_state.h"
#include "vap/vap.h"

namespace patchbay {
namespace {

// The library, mapped until the child ends; null where the loader refuses it.
Library* load_for_good(const Trial& trial) {
  trial.step("loading");
  Result<Library> library = Library::load(trial.subject.candidate);
  return library ? std::make_unique<Library>(*std::move(library)).release() : nullptr;
}

Verdict not_loaded() {
  return skipped("it cannot be loaded (see loads)");
}

Verdict loads(const Trial& trial) {
  trial.step("loading");
  const Result<Library> library = Library::load(trial.subject.candidate);
  return library ? passed() : failed(library.error().message);
}

// The quickest of three: a busy machine is not the plugin's fault. It is not that slow, though.
Verdict constructor_is_quick(const Trial& trial) {
  constexpr Milliseconds most{
      50};  // a slow one stalls dlsym, NSS and every other dlopen of the host
  constexpr Milliseconds beyond_doubt{500};
  Milliseconds quickest = Milliseconds::max();
  for (int i = 0; i < 3 && (i == 0 || (quickest > most && quickest < beyond_doubt)); ++i) {
    trial.step("loading");
    const Moment begin = Clock::now();
    Result<Library> library = Library::load(trial.subject.candidate);
    const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
    if (!library) return not_loaded();
    quickest = std::min(quickest, took);
    trial.step("unloading");
    library->unload();
  }
  if (quickest <= most) return passed();
  return failed(fmt::format("loading it takes {} ms; more than {} ms is too long", quickest.count(),
                            most.count()));
}

Verdict no_thread_before_create(const Trial& trial) {
  const std::size_t before = process_holdings().threads;
  if (load_for_good(trial) == nullptr) return not_loaded();
  const std::size_t after = process_holdings().threads;
  return after <= before ? passed()
                         : failed(fmt::format("loading it starts {} threads", after - before));
}

Verdict no_signal_change(const Trial& trial) {
  const ProcessHabits before = process_habits();
  if (load_for_good(trial) == nullptr) return not_loaded();
  const std::vector<std::string> changed = changes(before, process_habits());
  return changed.empty() ? passed()
                         : failed(fmt::format("loading it changes {}", fmt::join(changed, ", ")));
}

Verdict entry_is_pure(const Trial& trial) {
  const Library* library = load_for_good(trial);
  if (library == nullptr) return not_loaded();
  trial.step("vap_plugin_v1");
  const vap_plugin_t& first = library->plugin();
  const vap_plugin_t copy = first;
  const ProcessHoldings before = process_holdings();
  for (int i = 0; i < 100; ++i) {
    if (library->entry()() != &first)
      return failed("vap_plugin_v1() gives another pointer when it is asked again");
  }
  const ProcessHoldings after = process_holdings();
  const bool same = copy.struct_size == first.struct_size && copy.create == first.create &&
                    copy.destroy == first.destroy && copy.on_turn == first.on_turn &&
                    copy.get_extension == first.get_extension;
  if (!same) return failed("the table changes while it is asked for");
  if (after.threads > before.threads) return failed("vap_plugin_v1() starts threads");
  if (after.descriptors > before.descriptors) return failed("vap_plugin_v1() opens files");
  return passed();
}

Verdict entry_from_two_threads(const Trial& trial) {
  const Library* library = load_for_good(trial);
  if (library == nullptr) return not_loaded();
  trial.step("vap_plugin_v1 from several threads");
  std::atomic<int> wrong = 0;
  constexpr int thread_count = 4;
  std::vector<std::thread> threads;
  threads.reserve(thread_count);
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) wrong += library->entry()() == &library->plugin() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return wrong == 0 ? passed() : failed("two threads get different tables from vap_plugin_v1()");
}

Verdict unknown_extension_is_null(const Trial& trial) {
  const Library* library = load_for_good(trial);
  if (library == nullptr) return not_loaded();
  const std::string endless(10'000, 'x');
  for (const char* id : {"com.example.unheard-of/1", "", "/", endless.c_str()}) {
    trial.step(fmt::format("get_extension(\"{:.40}\")", id));
    if (library->plugin().get_extension(id) != nullptr) {
      return failed(fmt::format("get_extension(\"{:.40}\") is not null", id));
    }
  }
  return passed();
}

Verdict extension_id_is_matched_whole(const Trial& trial) {
  const Library* library = load_for_good(trial);
  if (library == nullptr) return not_loaded();
  const auto ask = [&](const std::string& id) {
    trial.step(fmt::format("get_extension(\"{}\")", id));
    return library->plugin().get_extension(id.c_str());
  };
  for (const std::string id : {VAP_EXT_CANCEL, VAP_EXT_SELFTEST, VAP_EXT_HANDOVER}) {
    const void* first = ask(id);
    if (ask(id) != first)
      return failed(fmt::format("{} is another table when it is asked for again", id));
    for (const std::string& other : {id + "0", id + ".1", id + " ", "x" + id,
                                     id.substr(0, id.size() - 1), id.substr(0, id.find('/'))}) {
      if (ask(other) != nullptr) return failed(fmt::format("\"{}\" is taken for {}", other, id));
    }
  }
  return passed();
}

constexpr Rule::Needs loadable = Rule::Needs::loadable;

constexpr Rule rules[] = {
    {"loads", "load", loadable, "",
     "The loader maps it with all of its symbols bound, and vap_plugin_v1() gives a complete "
     "table.",
     "A symbol that is missing at load time would otherwise end the host at its first call.",
     "Link it with -Wl,-z,defs so that the linker names what is missing; fill in all four "
     "functions of vap_plugin_t.",
     loads},
    {"constructor-is-quick", "load", loadable, "loads", "Loading it takes no longer than 50 ms.",
     "While its ELF constructors run, the whole host waits with loading, new threads and name "
     "lookups.",
     "Move the work from constructors and static objects into create().", constructor_is_quick},
    {"no-thread-before-create", "load", loadable, "loads", "Loading it starts no thread.",
     "Nobody could join that thread, so the library could never be unmapped.",
     "Start threads in create() and join them in destroy(); better, post tasks with vap.task/1.",
     no_thread_before_create},
    {"no-signal-change", "load", loadable, "loads",
     "Loading it leaves signal handlers, locale, environment and working directory alone.",
     "They belong to the host and all of its plugins.",
     "Remove signal(), setlocale(), setenv(), chdir() and umask() from constructors, also those of "
     "libraries in it.",
     no_signal_change},
    {"entry-is-pure", "load", loadable, "loads",
     "vap_plugin_v1() gives the same table each time and does nothing else.",
     "Hosts ask as often as they like, also when they only look.",
     "Return the address of one constant vap_plugin_t; do the work in create().", entry_is_pure},
    {"entry-from-two-threads", "load", loadable, "loads",
     "vap_plugin_v1() may be called by several threads at once.", "It is tagged [any].",
     "Return the address of one constant vap_plugin_t.", entry_from_two_threads},
    {"unknown-extension-is-null", "load", loadable, "loads",
     "get_extension() answers null to an id that it does not know.",
     "A later host asks for extensions that were not there when the plugin was built.",
     "Return NULL from get_extension() at the end.", unknown_extension_is_null},
    {"extension-id-is-matched-whole", "load", loadable, "loads",
     "get_extension() compares the whole id, and gives the same pointer each time.",
     "vap.cancel/10 has another table than vap.cancel/1.",
     "Compare with strcmp() or ==, not strncmp() or strstr().", extension_id_is_matched_whole},
};

}  // namespace

std::span<const Rule> load_rules() {
  return rules;
}

}  // namespace patchbay
